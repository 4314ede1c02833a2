"""Everything without a limit of its own: a hundred and twenty requests a minute."""

import pytest

from limelight.http import windows as memory
from limelight.http.windows import Windows
from local.services.backing import Backing
from tests.integration.api import Answer, Api
from tests.integration.limits import tells_nothing, told
from tests.integration.people import Owner, People, Person
from tests.integration.sandbox import outage

pytestmark = pytest.mark.usefixtures("real_limits")

MINUTE = 60
HOME, ELSEWHERE = "198.51.100.1", "198.51.100.2"


def balance(api: Api, person: Person) -> Answer:
    return api.get("/api/wallet/balance", person.token)


def live(api: Api, address: str = HOME, **headers: str) -> Answer:
    return api.call("GET", "/api/streams/live", headers=headers, address=address)


def test_a_user_is_let_through_120_times_a_minute(api: Api, fan: Person) -> None:
    answers = [balance(api, fan) for _ in range(121)]

    assert [one.status for one in answers] == [200] * 120 + [429]
    assert [told(one).remaining for one in answers] == [*range(119, -1, -1), 0]
    assert told(answers[0]).policies == {"default-60s": (120, MINUTE)}
    assert answers[-1].code == "rate_limited"


def test_a_user_who_waits_is_let_through(
    api: Api, fan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = 1_000.0
    monkeypatch.setattr("limelight.http.limits.windows", Windows(lambda: seconds))
    for _ in range(120):
        balance(api, fan)
    refused = balance(api, fan)

    seconds += told(refused).seconds

    assert balance(api, fan).status == 200


def test_nobody_pays_for_the_haste_of_another(api: Api, people: People, fan: Person) -> None:
    for _ in range(121):
        balance(api, fan)

    assert told(balance(api, people.fan())).remaining == 119


def test_each_endpoint_has_a_limit_of_its_own(api: Api, fan: Person) -> None:
    """As it is on Lambda, where each is a function with a memory of its own."""
    for _ in range(121):
        balance(api, fan)

    assert told(api.get("/api/wallet/transactions", fan.token)).remaining == 119


def test_who_has_no_token_is_counted_by_address(api: Api) -> None:
    answers = [live(api) for _ in range(121)]

    assert answers[-1].status == 429
    assert live(api, ELSEWHERE).status == 200


def test_who_has_a_token_is_not_counted_by_address(api: Api, people: People) -> None:
    for _ in range(121):
        live(api)

    for person in (people.fan(), people.fan()):
        answer = api.call("GET", "/api/streams/live", token=person.token, address=HOME)
        assert told(answer).remaining == 119


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_no_header_makes_another_address_of_a_caller(api: Api, header: str) -> None:
    standings = [told(live(api, **{header: f"192.0.2.{n}"})).remaining for n in range(3)]

    assert standings == [119, 118, 117]


def test_a_request_that_nobody_is_let_in_with_is_not_counted(api: Api, people: People) -> None:
    suspended = people.fan()
    people.suspend(suspended)

    answers = [api.get("/api/wallet/balance", token) for token in (None, "nova", suspended.token)]

    assert [one.status for one in answers] == [401, 401, 403]
    assert all(tells_nothing(one) for one in answers)


def test_it_needs_no_database(api: Api, owner: Owner, backing: Backing, queries: list[str]) -> None:
    with outage(backing, database=True, supabase=True, keys=False):
        answer = live(api)

    assert (answer.status, told(answer).remaining) == (503, 119)
    assert "limits.take" not in queries
    assert owner.execute("select count(*) from private.rate_usage").fetchone() == (0,)


def test_the_figure_can_be_configured(
    api: Api, fan: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEFAULT_REQUESTS_PER_MINUTE", "2")
    memory.windows.clear()

    assert [balance(api, fan).status for _ in range(3)] == [200, 200, 429]
