"""GET /api/admin/stats."""

from tests.integration.admin.desk import act
from tests.integration.api import Api
from tests.integration.people import OpenStream, People, Person

PATH = "/api/admin/stats"


def stats(api: Api, admin: Person) -> dict[str, int]:
    answer = api.get(PATH, admin.token)
    assert answer.status == 200
    shown: dict[str, int] = answer.json
    return shown


def test_what_comes_is_counted(
    api: Api, people: People, admin: Person, open_stream: OpenStream
) -> None:
    before = stats(api, admin)

    people.fan()
    people.creator()
    open_stream()

    after = stats(api, admin)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {
        "users": 2, "activeUsers": 2, "creators": 1, "signUpsToday": 2, "liveStreams": 1,
    }  # fmt: skip


def test_who_is_suspended_or_deleted_is_counted_apart(
    api: Api, people: People, admin: Person
) -> None:
    one, other = people.fan(), people.creator()
    before = stats(api, admin)

    act(api, admin, one, "suspend", action="suspend", reason="x")
    act(api, admin, other, "delete")

    after = stats(api, admin)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"activeUsers": -2, "suspendedUsers": 1, "deletedUsers": 1, "creators": -1}


def test_counts_are_numbers(api: Api, admin: Person) -> None:
    assert {type(value) for value in stats(api, admin).values()} == {int}
