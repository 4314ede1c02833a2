"""The limits that all sandboxes share: each user's own, operation by operation."""

import re
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from local.facts.endpoints import HttpFunction, http_functions
from local.services.backing import Backing
from local.services.limits import declared_limits
from tests.integration.api import Answer, Api, Post
from tests.integration.clock import Clock
from tests.integration.every_endpoint.asking import SOME_ID
from tests.integration.every_endpoint.asking import ask as ask_any
from tests.integration.ledger import GIFTS, nothing_moves
from tests.integration.limits import counted, tells_nothing, told
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.sandbox import outage

pytestmark = pytest.mark.usefixtures("real_limits")

MINUTE, HOUR = 60, 3_600
SHARED = [one for one in http_functions() if one.router.limit.is_shared]
ROSE = {"giftId": GIFTS["Rose"], "quantity": 1}

type Ask = Callable[[Person], Answer]
type Chat = Callable[[Person, str], Answer]


@pytest.fixture
def give(api: Api, stream: str) -> Ask:
    return lambda person: api.pay(f"/api/streams/{stream}/gift", person.token, ROSE)


@pytest.fixture
def check_out(api: Api) -> Ask:
    body = {"packageId": str(uuid4())}
    return lambda person: api.pay("/api/stripe/create-checkout", person.token, body)


@pytest.fixture
def cash_out(api: Api) -> Ask:
    body = {"amount": 100}
    return lambda person: api.pay("/api/wallet/payouts/request", person.token, body)


# What is let through


def test_the_eleventh_gift_within_a_minute_is_refused_and_moves_nothing(
    owner: Owner, fan: Person, fund: Fund, give: Ask
) -> None:
    fund(fan, 100)
    sent = [give(fan) for _ in range(10)]

    with nothing_moves(owner):
        refused = give(fan)

    assert [one.status for one in sent] == [201] * 10
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert refused.headers["cache-control"] == "no-store"
    assert 1 <= told(refused).seconds <= MINUTE


def test_every_answer_says_how_the_caller_stands(fan: Person, fund: Fund, give: Ask) -> None:
    fund(fan, 100)
    standings = [told(give(fan)) for _ in range(11)]

    assert [one.remaining for one in standings] == [*range(9, -1, -1), 0]
    for one in standings:
        assert one.policies == {"gift-60s": (10, MINUTE), "gift-3600s": (60, HOUR)}
        assert one.name == "gift-60s"
        assert 1 <= one.seconds <= MINUTE


def test_who_waits_as_long_as_told_is_let_through(
    fan: Person, fund: Fund, give: Ask, clock: Clock
) -> None:
    fund(fan, 100)
    for _ in range(10):
        give(fan)
    wait = told(give(fan)).seconds

    clock.advance(seconds=wait)

    assert give(fan).status == 201


def test_knocking_while_refused_makes_the_wait_no_longer(
    fan: Person, fund: Fund, give: Ask, clock: Clock
) -> None:
    fund(fan, 100)
    for _ in range(10):
        give(fan)
    clock.advance(seconds=30)
    assert [give(fan).status for _ in range(15)] == [429] * 15
    clock.advance(seconds=30)

    assert give(fan).status == 201


def test_after_sixty_gifts_the_hour_is_the_tightest(fan: Person, give: Ask, clock: Clock) -> None:
    for _ in range(6):
        assert {give(fan).status for _ in range(10)} == {402}  # counted, though they fail
        clock.advance(seconds=MINUTE)

    refused = give(fan)

    standing = told(refused)
    assert (refused.status, standing.name) == (429, "gift-3600s")
    assert HOUR - 7 * MINUTE < standing.seconds <= HOUR - 6 * MINUTE
    clock.advance(seconds=standing.seconds)
    assert give(fan).status == 402


def test_of_many_gifts_at_once_exactly_ten_are_let_through(
    api: Api, fan: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fund(fan, 100)

    answers = api.at_once([Post(f"/api/streams/{stream}/gift", fan.token, ROSE) for _ in range(16)])

    assert sorted(one.status for one in answers) == [201] * 10 + [429] * 6
    assert int(api.get("/api/wallet/balance", fan.token).json["balance"]) == 90


@pytest.mark.parametrize("function", SHARED, ids=lambda one: str(one.name))
def test_an_endpoint_lets_through_what_its_limit_says_and_no_more(
    api: Api, admin: Person, function: HttpFunction
) -> None:
    limit, path = function.router.limit, re.sub(r"\{\w+\}", SOME_ID, function.path)
    figures = declared_limits()[limit]

    answers = [ask_any(api, function, admin.token, path=path) for _ in range(figures[MINUTE] + 1)]

    *let_through, refused = answers
    assert 429 not in [one.status for one in let_through]
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert told(refused).policies == {
        f"{limit}-{seconds}s": (requests, seconds) for seconds, requests in figures.items()
    }


def test_a_call_is_asked_for_three_times_a_minute_however_it_is_asked(
    api: Api, fan: Person, creator: Person
) -> None:
    body = {"creatorId": str(creator.id), "estimatedMinutes": 5}
    answers = [
        api.pay(f"/api/calls/{action}", fan.token, body)
        for action in ("request", "initiate", "request", "initiate")
    ]

    assert [one.status == 429 for one in answers] == [False, False, False, True]


# Whose request it is


def test_nobody_pays_for_the_haste_of_another(people: People, fan: Person, give: Ask) -> None:
    for _ in range(11):
        give(fan)

    assert told(give(people.fan())).remaining == 9


def test_each_operation_has_a_limit_of_its_own(
    creator: Person, check_out: Ask, cash_out: Ask, give: Ask
) -> None:
    for _ in range(6):
        refused = check_out(creator)

    assert refused.status == 429
    assert told(cash_out(creator)).remaining == 4
    assert told(give(creator)).remaining == 9


def test_a_user_is_the_same_from_wherever_they_come(api: Api, fan: Person, stream: str) -> None:
    for number in range(11):
        answer = api.call(
            "POST",
            f"/api/streams/{stream}/gift",
            token=fan.token,
            body=ROSE,
            headers={"Idempotency-Key": str(uuid4()), "X-Forwarded-For": f"198.51.100.{number}"},
            address=f"192.0.2.{number}",
        )

    assert answer.status == 429


# What counts


def test_a_replay_counts_like_any_request(
    api: Api, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)

    answers = [api.pay(f"/api/streams/{stream}/gift", fan.token, ROSE, new_key) for _ in range(11)]

    assert [one.status for one in answers] == [201] * 10 + [429]


def test_a_request_that_is_refused_for_its_contents_counts(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    path = f"/api/streams/{stream}/gift"

    answers = [
        api.pay(path, fan.token, {"giftId": "nova"}),
        api.post(path, fan.token, ROSE),
        api.pay(path, fan.token, {"giftId": str(uuid4()), "quantity": 1}),
        api.pay(path, fan.token, ROSE),
    ]

    assert [one.status for one in answers] == [422, 400, 404, 402]
    assert [told(one).remaining for one in answers] == [9, 8, 7, 6]
    assert counted(owner, fan.id) == 4


def test_a_request_that_never_gets_to_the_limit_does_not_count(
    api: Api, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    path = f"/api/streams/{stream}/gift"
    before = api.pay("/api/streams/nova/gift", fan.token, ROSE)
    malformed = api.call("POST", path, token=fan.token, raw=b"{")
    too_large = api.call("POST", path, token=fan.token, raw=b" " * 100_000)
    nobody = api.post(path, body=ROSE)
    people.suspend(fan)
    suspended = api.pay(path, fan.token, ROSE)

    answers = [before, malformed, too_large, nobody, suspended]
    assert [one.status for one in answers] == [422, 400, 413, 401, 403]
    assert all(tells_nothing(one) for one in answers)
    assert counted(owner, fan.id) == 0


def test_a_refusal_asks_nothing_but_the_limit(fan: Person, give: Ask, queries: list[str]) -> None:
    for _ in range(10):
        give(fan)
    queries.clear()

    give(fan)

    assert queries == ["limits.take"]


def test_without_the_database_the_limit_is_an_outage_like_any_other(
    backing: Backing, owner: Owner, fan: Person, give: Ask
) -> None:
    with outage(backing, database=True, supabase=False, keys=False):
        answer = give(fan)

    assert (answer.status, answer.code) == (503, "upstream_unavailable")
    assert tells_nothing(answer)
    assert told(give(fan)).remaining == 9


def test_a_change_of_the_limit_holds_at_once(owner: Owner, fan: Person, give: Ask) -> None:
    owner.execute("update private.rate_limits set max_requests = 1 where rule = 'gift'")

    answers = [give(fan) for _ in range(2)]

    assert [one.status for one in answers] == [402, 429]
    assert told(answers[1]).policies["gift-60s"] == (1, MINUTE)


def test_stripes_events_are_never_refused_for_their_number(api: Api) -> None:
    answers = [api.post("/api/stripe/webhook", body={}) for _ in range(130)]

    assert {one.code for one in answers} == {"signature_invalid"}
    assert all(tells_nothing(one) for one in answers)


# By user and stream


@pytest.fixture
def chat(api: Api) -> Chat:
    body = {"content": "Hello"}
    return lambda person, stream: api.post(f"/api/streams/{stream}/message", person.token, body)


def test_chat_is_limited_for_each_user_and_stream(
    people: People, fan: Person, stream: str, chat: Chat
) -> None:
    for _ in range(30):
        assert chat(fan, stream).status == 201

    assert chat(fan, stream).status == 429
    assert told(chat(fan, str(uuid4()))).remaining == 29
    assert told(chat(people.fan(), stream)).remaining == 29


def test_a_stream_by_another_spelling_is_the_same_stream(
    owner: Owner, fan: Person, stream: str, chat: Chat
) -> None:
    same = UUID(stream)

    for spelling in (stream, stream.upper(), same.hex, f"{{{stream}}}", same.urn):
        standing = told(chat(fan, spelling))

    assert standing.remaining == 25
    assert counted(owner, f"{fan.id} {stream}") == 5


# What browsers see


def test_a_browser_may_read_how_it_stands(api: Api, fan: Person) -> None:
    headers = {"Origin": "https://limelight.example"}

    answer = api.call("GET", "/api/wallet/balance", token=fan.token, headers=headers)

    exposed = answer.headers["access-control-expose-headers"].split(", ")
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(exposed)
