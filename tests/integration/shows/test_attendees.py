"""GET /api/shows/{showId}/attendees."""

from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.people import People, Person
from tests.integration.shows.acts import Announce, cancel, join, start, ticket


def test_the_owner_sees_who_holds_a_ticket_and_who_came(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    sold = [ticket(api, show, one) for one in buyers]
    start(api, show, creator)
    came = join(api, show, buyers[1]).json["checkedInAt"]

    answer = api.get(f"/api/shows/{show}/attendees", creator.token)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["nextCursor"] is None
    assert answer.json["attendees"] == [
        {
            "user": {
                "id": str(one.id), "username": one.username, "displayName": one.username,
                "avatarUrl": None,
            },
            "ticketNumber": number,
            "purchasedAt": sold[number - 1]["purchasedAt"],
            "checkedInAt": came if one is buyers[1] else None,
        }
        for number, one in enumerate(buyers, start=1)
    ]  # fmt: skip
    assert all(one.email not in answer.text for one in buyers)


def test_a_cancelled_show_has_no_attendees(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    assert api.get(f"/api/shows/{show}/attendees", creator.token).json["attendees"] == []


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_show_every_attendee_once_by_number(
    api: Api, people: People, creator: Person, announce: Announce, limit: int
) -> None:
    show = announce(ticketPrice=0)
    for _ in range(4):
        ticket(api, show, people.fan())

    pages = api.pages(f"/api/shows/{show}/attendees", "attendees", creator.token, limit=limit)

    assert [one["ticketNumber"] for page in pages for one in page] == [1, 2, 3, 4]


def test_only_the_owner_sees_the_attendees(
    api: Api, people: People, admin: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    refusals = [
        api.get(f"/api/shows/{show}/attendees", one.token)
        for one in (*buyers[:2], people.creator(), admin)
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 4


def test_a_show_that_never_was_has_no_attendees(api: Api, creator: Person) -> None:
    assert api.get(f"/api/shows/{uuid4()}/attendees", creator.token).code == "not_found"
