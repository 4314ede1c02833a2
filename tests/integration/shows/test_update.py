"""PATCH /api/shows/{showId}."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api
from tests.integration.clock import Clock
from tests.integration.ledger import nothing_moves
from tests.integration.moments import in_days
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import (
    Announce,
    buy,
    cancel,
    detail,
    end,
    start,
    ticket,
)

CHANGES: dict[str, Any] = {
    "title": "Jazz", "description": "Standards", "showType": "workshop", "ticketPrice": 45,
    "maxTickets": 12, "durationMinutes": 30, "coverImageUrl": "https://cdn.example.com/new.jpg",
    "trailerUrl": "https://cdn.example.com/new.mp4", "isPrivate": True, "tags": ["jazz"],
}  # fmt: skip
CLEARED = ("description", "maxTickets", "coverImageUrl", "trailerUrl")


def patch(api: Api, show: str, person: Person, **changes: object) -> Answer:
    return api.call("PATCH", f"/api/shows/{show}", token=person.token, body=changes)


@pytest.fixture
def full(announce: Announce) -> str:
    """A show with something in every field."""
    return announce(
        description="Nocturnes", maxTickets=20, durationMinutes=90, tags=["piano"],
        coverImageUrl="https://cdn.example.com/c.jpg", trailerUrl="https://cdn.example.com/t.mp4",
    )  # fmt: skip


@pytest.mark.parametrize("field", CHANGES)
def test_a_field_that_is_sent_changes_and_no_other_does(
    api: Api, creator: Person, full: str, field: str
) -> None:
    before = detail(api, full, creator)

    changed = patch(api, full, creator, **{field: CHANGES[field]})

    assert changed.status == 200, changed.text
    expected = before | {field: CHANGES[field]}
    if field == "maxTickets":
        expected["ticketsRemaining"] = 12
    assert changed.json == expected == detail(api, full, creator)


def test_all_fields_can_change_at_once(api: Api, creator: Person, full: str) -> None:
    shown = patch(api, full, creator, **CHANGES).json

    assert {name: shown[name] for name in CHANGES} == CHANGES


def test_nothing_sent_changes_nothing(api: Api, creator: Person, full: str) -> None:
    before = detail(api, full, creator)

    assert patch(api, full, creator).json == before


@pytest.mark.parametrize("field", CLEARED)
def test_null_clears_what_may_be_empty(api: Api, creator: Person, full: str, field: str) -> None:
    assert patch(api, full, creator, **{field: None}).json[field] is None


@pytest.mark.parametrize("field", sorted({*CHANGES, "scheduledStart"} - set(CLEARED)), ids=str)
def test_null_is_refused_where_something_must_be(
    api: Api, creator: Person, full: str, field: str
) -> None:
    refused = patch(api, full, creator, **{field: None})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert {fault["pointer"].split("/")[1] for fault in refused.json["errors"]} == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "x" * 201), ("ticketPrice", -1), ("ticketPrice", 100_001),
        ("maxTickets", 0), ("durationMinutes", 721), ("tags", ["x" * 31]), ("showType", "concert"),
        ("coverImageUrl", "http://example.com"), ("isPrivate", "no"),
    ],
)  # fmt: skip
def test_a_change_keeps_to_the_limits_of_a_new_show(
    api: Api, creator: Person, full: str, field: str, value: object
) -> None:
    refused = patch(api, full, creator, **{field: value})

    assert (refused.status, refused.code) == (422, "validation_failed")


@pytest.mark.parametrize(
    "field",
    [
        *("id", "creatorId", "creator_id", "status", "sold", "issued", "ticketsSold"),
        *("startedAt", "roomName", "room_name", "releaseTransferId", "cancelReason", "createdAt"),
    ],
)
def test_no_other_column_can_be_reached(
    api: Api, owner: Owner, creator: Person, full: str, field: str
) -> None:
    refused = patch(api, full, creator, title="Jazz", **{field: "ended"})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert detail(api, full, creator)["title"] == "Piano by candlelight"


# What is sold


def test_a_price_that_somebody_paid_stays(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    for price in (0, 29, 31):
        refused = patch(api, show, creator, ticketPrice=price, title="Dearer")
        assert (refused.status, refused.code) == (409, "price_locked")

    assert detail(api, show)["title"] == "Piano by candlelight"
    assert patch(api, show, creator, ticketPrice=30, title="The same").status == 200


def test_a_show_never_has_fewer_seats_than_tickets(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    for one in buyers[:2]:
        ticket(api, show, one)

    refused = patch(api, show, creator, maxTickets=1)
    taken = patch(api, show, creator, maxTickets=2)

    assert (refused.status, refused.code) == (409, "capacity_below_sold")
    assert refused.json["ticketsSold"] == 2
    assert (taken.status, taken.json["ticketsRemaining"]) == (200, 0)
    assert buy(api, show, buyers[2]).code == "sold_out"


def test_more_seats_can_be_added_to_a_show_that_is_sold_out(
    api: Api, creator: Person, announce: Announce, buyers: list[Person]
) -> None:
    show = announce(maxTickets=1)
    ticket(api, show, buyers[0])

    patch(api, show, creator, maxTickets=2)

    assert ticket(api, show, buyers[1])["ticketNumber"] == 2


# When


def test_a_show_can_be_moved_within_the_future(api: Api, creator: Person, show: str) -> None:
    moved = patch(api, show, creator, scheduledStart=in_days(3))
    refusals = [patch(api, show, creator, scheduledStart=in_days(days)) for days in (-1, 367)]

    assert moved.status == 200
    assert [(one.status, one.code) for one in refusals] == [(422, "show_start_invalid")] * 2
    assert detail(api, show)["scheduledStart"] == moved.json["scheduledStart"]


def test_a_late_show_can_be_changed_without_being_moved(
    api: Api, creator: Person, show: str, clock: Clock
) -> None:
    clock.advance(days=1, minutes=5)

    assert patch(api, show, creator, title="Late").json["title"] == "Late"


@pytest.mark.parametrize("status", ["live", "ended", "cancelled"])
def test_only_a_scheduled_show_can_be_changed(
    api: Api, owner: Owner, creator: Person, show: str, status: str
) -> None:
    if status == "cancelled":
        cancel(api, show, creator)
    else:
        start(api, show, creator)
    if status == "ended":
        end(api, show, creator)

    with nothing_moves(owner):
        refused = patch(api, show, creator, title="Too late")

    assert (refused.status, refused.code) == (409, "show_not_scheduled")
    assert refused.json["showStatus"] == status


# Who may


def test_only_its_owner_changes_a_show(
    api: Api, owner: Owner, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    others = (*buyers[:2], people.creator())

    with nothing_moves(owner):
        refusals = [patch(api, show, one, title="Mine") for one in others]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3


def test_a_show_that_cannot_be_seen_cannot_be_changed(
    api: Api, people: People, creator: Person, show: str
) -> None:
    other = people.creator()
    cancel(api, show, creator)

    refusals = [patch(api, one, other, title="Mine") for one in (show, str(uuid4()))]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2
