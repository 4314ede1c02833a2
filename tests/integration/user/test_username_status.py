"""GET /api/user/update-username."""

from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.people import Person
from tests.integration.user.test_update_username import change, fresh

PATH = "/api/user/update-username"


def test_who_never_changed_may_change_twice(api: Api, fan: Person) -> None:
    answer = api.get(PATH, fan.token)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {
        "canChange": True,
        "changesRemaining": 2,
        "daysRemaining": 0,
        "currentUsername": fan.username,
        "lastChangedAt": None,
    }


def test_after_two_changes_the_days_to_wait_are_told(api: Api, fan: Person, clock: Clock) -> None:
    change(api, fan, fresh())
    last = fresh()
    change(api, fan, last)
    clock.advance(days=1, minutes=1)

    answer = api.get(PATH, fan.token).json

    assert (answer["canChange"], answer["changesRemaining"]) == (False, 0)
    assert answer["daysRemaining"] == 29
    assert answer["currentUsername"] == last


def test_changes_of_long_ago_count_no_more(api: Api, fan: Person, clock: Clock) -> None:
    for _ in range(2):
        change(api, fan, fresh())
    clock.advance(days=31)

    answer = api.get(PATH, fan.token).json

    assert (answer["canChange"], answer["changesRemaining"]) == (True, 2)
    assert answer["lastChangedAt"] is not None
