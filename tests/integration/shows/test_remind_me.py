"""POST /api/shows/{showId}/remind-me. That they are sent is tried in the jobs' tests."""

from uuid import uuid4

import pytest

from tests.integration.api import Api, Post
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import Announce, cancel, detail, end, remind, start, ticket


def reminders(owner: Owner, show: str) -> list[object]:
    rows = owner.execute("select user_id from show_reminders where show_id = %s", (show,))
    return [row[0] for row in rows]


def test_a_fan_asks_to_be_reminded_with_or_without_a_ticket(
    api: Api, owner: Owner, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    answers = [remind(api, show, one) for one in buyers[:2]]

    start_of = detail(api, show)["scheduledStart"]
    assert [(one.status, one.json) for one in answers] == [
        (200, {"showId": show, "scheduledStart": start_of})
    ] * 2
    assert {*reminders(owner, show)} == {one.id for one in buyers[:2]}


def test_asking_again_changes_nothing(api: Api, owner: Owner, fan: Person, show: str) -> None:
    first, again = remind(api, show, fan), remind(api, show, fan)

    assert (again.status, again.json) == (200, first.json)
    assert reminders(owner, show) == [fan.id]


def test_asking_many_times_at_once_is_asking_once(
    api: Api, owner: Owner, fan: Person, show: str, crowd: None
) -> None:
    answers = api.at_once([Post(f"/api/shows/{show}/remind-me", fan.token) for _ in range(8)])

    assert [one.status for one in answers] == [200] * 8
    assert reminders(owner, show) == [fan.id]


def test_a_private_show_reminds_whoever_has_its_link(
    api: Api, fan: Person, announce: Announce
) -> None:
    assert remind(api, announce(isPrivate=True), fan).status == 200


@pytest.mark.parametrize("status", ["live", "ended"])
def test_nobody_is_reminded_of_what_has_started(
    api: Api, owner: Owner, creator: Person, fan: Person, show: str, status: str
) -> None:
    start(api, show, creator)
    if status == "ended":
        end(api, show, creator)

    refused = remind(api, show, fan)

    assert (refused.status, refused.code) == (409, "show_not_scheduled")
    assert refused.json["showStatus"] == status
    assert reminders(owner, show) == []


def test_nobody_is_reminded_of_a_cancelled_show(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    assert remind(api, show, buyers[0]).code == "show_not_scheduled"
    assert remind(api, show, buyers[1]).code == "not_found"


@pytest.mark.parametrize("blocker", ["creator", "fan"])
def test_a_block_either_way_stops_reminders(
    api: Api, people: People, creator: Person, fan: Person, show: str, blocker: str
) -> None:
    people.block(*((creator, fan) if blocker == "creator" else (fan, creator)))

    assert remind(api, show, fan).code == "blocked"


def test_a_show_that_never_was_reminds_nobody(api: Api, fan: Person) -> None:
    assert remind(api, str(uuid4()), fan).code == "not_found"
