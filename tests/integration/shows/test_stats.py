"""GET /api/shows/{showId}/stats."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.people import People, Person
from tests.integration.shows.acts import Announce, cancel, end, join, start, ticket


def stats(api: Api, show: str, creator: Person) -> dict[str, Any]:
    answer = api.get(f"/api/shows/{show}/stats", creator.token)
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def test_the_owner_sees_how_the_show_sells(
    api: Api, creator: Person, announce: Announce, buyers: list[Person]
) -> None:
    show = announce(maxTickets=8)
    for one in buyers:
        ticket(api, show, one)
    start(api, show, creator)
    for one in buyers[:2]:
        join(api, show, one)
        join(api, show, one)

    expected = {
        "showId": show, "ticketsSold": 3, "maxTickets": 8, "revenue": 90, "checkIns": 2,
        "sellThrough": 38,
    }  # fmt: skip
    assert stats(api, show, creator) == expected
    end(api, show, creator)
    assert stats(api, show, creator) == expected


@pytest.mark.parametrize(
    ("seats", "percent"), [(3, 100), (4, 75), (7, 43), (200, 2), (600, 1), (601, 0), (None, None)]
)
def test_sell_through_is_in_whole_percent_and_null_without_an_end_of_seats(
    api: Api, creator: Person, announce: Announce, buyers: list[Person],
    seats: int | None, percent: int | None,
) -> None:  # fmt: skip
    show = announce(maxTickets=seats)
    for one in buyers:
        ticket(api, show, one)

    assert stats(api, show, creator)["sellThrough"] == percent


def test_a_show_that_sold_nothing_has_zeros(api: Api, creator: Person, announce: Announce) -> None:
    show = announce(maxTickets=10)

    assert stats(api, show, creator) == {
        "showId": show, "ticketsSold": 0, "maxTickets": 10, "revenue": 0, "checkIns": 0,
        "sellThrough": 0,
    }  # fmt: skip


def test_a_cancelled_show_brought_nothing(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    shown = stats(api, show, creator)

    assert (shown["ticketsSold"], shown["revenue"]) == (0, 0)


def test_only_the_owner_sees_how_a_show_sells(
    api: Api, people: People, admin: Person, show: str, buyers: list[Person]
) -> None:
    refusals = [
        api.get(f"/api/shows/{show}/stats", one.token)
        for one in (buyers[0], people.creator(), admin)
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3


def test_a_show_that_never_was_sells_nothing(api: Api, creator: Person) -> None:
    assert api.get(f"/api/shows/{uuid4()}/stats", creator.token).code == "not_found"
