"""POST /api/calls/request."""

from uuid import UUID, uuid4

import pytest

from local.services.backing import Backing
from tests.integration.api import Api, Post
from tests.integration.clock import StoppedClock
from tests.integration.ledger import nothing_moves
from tests.integration.moments import is_moment
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, hold_of, take_calls, told, wallet

NO_MINUTES = [0, -1, 241, 1.0, 2.5, "3", "", True, [], {}, 2**63, 10**30]


def open_calls(owner: Owner, fan: Person) -> int:
    row = owner.execute(
        "select count(*) from public.calls where fan_id = %s and ended_at is null", (fan.id,)
    ).fetchone()
    assert row is not None
    return int(row[0])


# What a request does


def test_a_request_opens_a_pending_call_and_sets_the_minimum_aside(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    asked = line.request()

    assert asked.status == 201
    assert asked.headers["cache-control"] == "no-store"
    assert "idempotent-replayed" not in asked.headers
    assert asked.json.keys() == {"call", "held", "availableBalance"}
    assert (asked.json["held"], asked.json["availableBalance"]) == (50, 950)
    assert wallet(api, line.fan) == (1000, 50)
    call = asked.json["call"]
    assert hold_of(owner, call["id"]) == ("active", 50, 0)
    assert UUID(call.pop("id"))
    assert is_moment(call["requestedAt"])
    assert is_moment(call["expiresAt"])
    assert call == {
        "fan": mini(line.fan), "creator": mini(line.creator), "status": "pending",
        "ratePerMinute": 10, "minimumMinutes": 5, "estimatedMinutes": 5,
        "requestedAt": call["requestedAt"], "acceptedAt": None, "fanJoinedAt": None,
        "creatorJoinedAt": None, "startedAt": None, "endedAt": None,
        "expiresAt": call["expiresAt"], "coveredUntil": None, "durationSeconds": None,
        "billedMinutes": 0, "charged": 0, "shortfall": 0, "endReason": None, "endedBy": None,
    }  # fmt: skip


def mini(person: Person) -> dict[str, object]:
    return {
        "id": str(person.id),
        "username": person.username,
        "displayName": person.username,
        "avatarUrl": None,
    }


@pytest.mark.parametrize(("minutes", "held"), [(1, 50), (5, 50), (6, 60), (30, 300)])
def test_the_larger_of_minimum_and_estimate_is_set_aside(
    line: Telephone, minutes: int, held: int
) -> None:
    asked = line.request(minutes)

    assert asked.json["held"] == held
    assert asked.json["call"]["estimatedMinutes"] == held // 10


def test_an_estimate_of_null_is_none(line: Telephone) -> None:
    body = line.wish() | {"estimatedMinutes": None}

    assert line.api.pay("/api/calls/request", line.fan.token, body).json["held"] == 50


def test_a_creator_who_always_accepts_has_accepted_at_once(
    owner: Owner, clock: StoppedClock, line: Telephone
) -> None:
    take_calls(owner, line.creator, auto_accept=True)

    call = line.request().json["call"]

    assert call["status"] == "accepted"
    assert call["acceptedAt"] == call["requestedAt"]
    assert [one["status"] for one in told(owner, line.creator)] == ["accepted"]


def test_both_are_told(owner: Owner, line: Telephone) -> None:
    call = line.pending()

    heard = [told(owner, one) for one in (line.fan, line.creator)]

    assert heard[0] == heard[1]
    assert [(one["callId"], one["status"]) for one in heard[0]] == [(call, "pending")]
    assert heard[0][0]["fan"] == mini(line.fan)


def test_a_creator_can_call_another(
    api: Api, owner: Owner, people: People, creator: Person, fund: Fund
) -> None:
    other = people.creator()
    fund(creator, 50)
    take_calls(owner, other)

    asked = Telephone(api, creator, other).request()

    assert (asked.status, asked.json["call"]["creator"]["id"]) == (201, str(other.id))


# Who may call whom


def test_nobody_calls_themselves(api: Api, owner: Owner, line: Telephone, fund: Fund) -> None:
    fund(line.creator, 100)
    own = Telephone(api, line.creator, line.creator)

    with nothing_moves(owner):
        refused = own.request()

    assert (refused.status, refused.code) == (422, "own_call")


def test_somebody_who_is_no_creator_is_not_there_to_be_called(
    api: Api, owner: Owner, people: People, line: Telephone
) -> None:
    other = people.fan()
    take_calls(owner, other)

    with nothing_moves(owner):
        refusals = [
            Telephone(api, line.fan, other).request(),
            api.pay("/api/calls/request", line.fan.token, {"creatorId": str(uuid4())}),
        ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2


@pytest.mark.parametrize("status", ["suspended", "deleted"])
def test_a_creator_who_is_gone_is_not_there_to_be_called(
    owner: Owner, people: People, line: Telephone, status: str
) -> None:
    if status == "suspended":
        people.suspend(line.creator)
    else:
        people.set(line.creator, status="deleted")

    with nothing_moves(owner):
        refused = line.request()

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_fan_who_was_just_suspended_calls_nobody_though_the_kernel_has_not_heard(
    owner: Owner, line: Telephone
) -> None:
    line.api.get("/api/wallet/balance", line.fan.token)
    owner.execute(
        "update public.users set status = 'suspended', suspended_at = now() where id = %s",
        (line.fan.id,),
    )

    with nothing_moves(owner):
        refused = line.request()

    assert (refused.status, refused.code) == (403, "account_suspended")


@pytest.mark.parametrize("blocker", ["creator", "fan"])
def test_a_block_either_way_stops_calls(
    owner: Owner, people: People, line: Telephone, blocker: str
) -> None:
    pair = (line.creator, line.fan)
    people.block(*(pair if blocker == "creator" else reversed(pair)))

    with nothing_moves(owner):
        refused = line.request()

    assert (refused.status, refused.code) == (403, "blocked")


def test_a_creator_who_takes_no_calls_is_unavailable(
    api: Api, owner: Owner, people: People, line: Telephone
) -> None:
    without_settings = people.creator()
    take_calls(owner, line.creator, available=False)

    with nothing_moves(owner):
        refusals = [line.request(), Telephone(api, line.fan, without_settings).request()]

    assert [(one.status, one.code) for one in refusals] == [(409, "creator_unavailable")] * 2


# One open call


@pytest.mark.parametrize("status", ["pending", "accepted", "active"])
def test_a_fan_has_one_open_call_and_is_told_which(
    owner: Owner, people: People, line: Telephone, status: str
) -> None:
    call = getattr(line, status)()
    other = people.creator()
    take_calls(owner, other)

    with nothing_moves(owner):
        refused = Telephone(line.api, line.fan, other).request()

    assert (refused.status, refused.code) == (409, "call_open")
    assert refused.json["callId"] == call


@pytest.mark.parametrize("action", ["reject", "cancel", "end"])
def test_a_fan_whose_call_is_over_can_call_again(line: Telephone, action: str) -> None:
    call = line.accepted() if action == "end" else line.pending()
    line.act(call, action, line.creator)

    assert line.pending() != call


def test_a_creator_has_as_many_callers_as_call(people: People, line: Telephone, fund: Fund) -> None:
    other = people.fan()
    fund(other, 50)

    assert [line.request().status, line.of(other).request().status] == [201, 201]


@pytest.mark.parametrize(
    ("status", "minutes", "became", "charged"),
    [
        ("pending", 5, "missed", 0),
        ("accepted", 30, "cancelled", 0),
        ("active", 240, "completed", 240),
    ],
)
def test_an_overdue_call_that_no_sweep_has_seen_does_not_stand_in_the_way(
    owner: Owner, clock: StoppedClock, line: Telephone, status: str, minutes: int, became: str,
    charged: int,
) -> None:  # fmt: skip
    take_calls(owner, line.creator, rate=1)
    overdue = getattr(line, status)()
    clock.advance(minutes=minutes, seconds=-1)
    assert line.request().code == "call_open"
    clock.advance(seconds=1)

    asked = line.request()

    assert asked.status == 201
    before = line.get(overdue)
    assert (before["status"], before["endReason"], before["endedBy"]) == (
        became, "expire", "platform",
    )  # fmt: skip
    assert (before["charged"], before["shortfall"]) == (charged, 0)
    assert open_calls(owner, line.fan) == 1


def test_of_many_requests_at_once_one_opens_a_call(
    api: Api, owner: Owner, line: Telephone, crowd: None
) -> None:
    answers = api.at_once(
        [Post("/api/calls/request", line.fan.token, line.wish()) for _ in range(10)]
    )

    assert sorted(one.status for one in answers) == [201] + [409] * 9
    (opened,) = [one.json["call"]["id"] for one in answers if one.status == 201]
    assert {one.json["callId"] for one in answers if one.status == 409} == {opened}
    assert wallet(api, line.fan) == (1000, 50)


# What the balance allows


def test_a_call_that_the_fan_cannot_pay_is_not_opened(
    api: Api, owner: Owner, people: People, line: Telephone, fund: Fund
) -> None:
    poor = people.fan()
    fund(poor, 49)

    with nothing_moves(owner):
        refused = line.of(poor).request()

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (50, 49)


def test_coins_that_are_set_aside_cannot_be_given_away(
    api: Api, line: Telephone, stream: str
) -> None:
    line.pending(100)

    gift = {"giftId": "00000000-0000-4000-8000-000000000001", "quantity": 1}
    refused = api.pay(f"/api/streams/{stream}/gift", line.fan.token, gift)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert refused.json["available"] == 0


def test_the_dearest_call_there_is_costs_what_it_costs(
    owner: Owner, people: People, line: Telephone, fund: Fund
) -> None:
    take_calls(owner, line.creator, rate=100_000, minimum=240)

    with nothing_moves(owner):
        refused = line.request()
    rich = people.fan()
    fund(rich, 24_000_000)
    asked = line.of(rich).request(240)

    assert (refused.status, refused.json["required"]) == (402, 24_000_000)
    assert (asked.status, asked.json["held"]) == (201, 24_000_000)


def test_a_key_whose_request_was_refused_can_be_used_again(
    people: People, line: Telephone, fund: Fund, new_key: str
) -> None:
    poor = people.fan()
    refused = line.of(poor).request(key=new_key)
    fund(poor, 50)

    asked = line.of(poor).request(key=new_key)

    assert (refused.status, asked.status) == (402, 201)
    assert "idempotent-replayed" not in asked.headers


# What it takes


@pytest.mark.parametrize("minutes", NO_MINUTES, ids=repr)
def test_an_estimate_that_is_no_whole_number_from_1_to_240_is_refused_before_any_sql(
    owner: Owner, line: Telephone, queries: list[str], minutes: object
) -> None:
    with nothing_moves(owner):
        refused = line.request(minutes)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/estimatedMinutes"]
    assert "ledger.request_call" not in queries


@pytest.mark.parametrize("field", ["ratePerMinute", "rate", "minimumMinutes", "fanId", "status"])
def test_the_client_does_not_say_what_a_call_costs_or_whose_it_is(
    api: Api, owner: Owner, line: Telephone, field: str
) -> None:
    with nothing_moves(owner):
        refused = api.pay("/api/calls/request", line.fan.token, line.wish() | {field: 1})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{field}"]


# At most once


def test_the_same_key_is_answered_the_same_whatever_became_of_the_call(
    owner: Owner, line: Telephone, new_key: str
) -> None:
    first = line.request(key=new_key)
    line.act(first.json["call"]["id"], "cancel", line.fan)

    with nothing_moves(owner):
        again = line.request(key=new_key)

    assert (again.status, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_for_another_request_is_refused(
    api: Api, owner: Owner, people: People, line: Telephone, new_key: str
) -> None:
    other = people.creator()
    take_calls(owner, other)
    line.request(key=new_key)

    with nothing_moves(owner):
        refusals = [
            line.request(6, new_key),
            Telephone(api, line.fan, other).request(key=new_key),
            api.pay("/api/calls/initiate", line.fan.token, line.wish(), new_key),
        ]

    assert [(one.status, one.code) for one in refusals] == [(422, "idempotency_key_reused")] * 3


def test_a_request_sent_many_times_at_once_is_one_call(
    api: Api, line: Telephone, new_key: str, crowd: None
) -> None:
    answers = api.at_once([Post("/api/calls/request", line.fan.token, line.wish(), new_key)] * 10)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one.headers.get("idempotent-replayed") for one in answers].count("true") == 9
    assert wallet(api, line.fan) == (1000, 50)


def test_a_request_that_finds_no_database_is_an_outage_and_can_be_sent_again(
    api: Api, backing: Backing, line: Telephone, new_key: str
) -> None:
    with outage(backing, database=True, supabase=False, keys=False):
        lost = line.request(key=new_key)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert wallet(api, line.fan) == (1000, 0)
    assert line.request(key=new_key).status == 201
