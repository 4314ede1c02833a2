"""GET /api/shows/my-tickets."""

import pytest

from tests.integration.api import Api
from tests.integration.people import People, Person
from tests.integration.shows.acts import Announce, cancel, detail, ticket

TICKETS = "/api/shows/my-tickets"


def test_a_fan_sees_their_tickets_with_the_shows_newest_first(
    api: Api, announce: Announce, buyers: list[Person]
) -> None:
    one, other = announce(title="Jazz"), announce(title="Piano", ticketPrice=0)
    bought = [ticket(api, show, buyers[0]) for show in (one, other)]

    answer = api.get(TICKETS, buyers[0].token)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json["nextCursor"] is None
    newest, oldest = answer.json["tickets"]
    assert {name: newest[name] for name in bought[1]} == bought[1]
    assert {name: oldest[name] for name in bought[0]} == bought[0]
    shown = detail(api, one)
    assert oldest["show"] == {
        name: value for name, value in shown.items() if name not in ("ticket", "hasReminder")
    }


def test_a_refunded_ticket_stays_in_the_list_and_says_so(
    api: Api, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    (shown,) = api.get(TICKETS, buyers[0].token).json["tickets"]

    assert (shown["status"], shown["price"]) == ("refunded", 30)
    assert shown["refundedAt"] is not None
    assert (shown["show"]["status"], shown["show"]["cancelReason"]) == ("cancelled", "cancel")


def test_a_fan_sees_their_ticket_whatever_becomes_of_its_creator(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    people.block(creator, buyers[0])
    people.suspend(creator)

    assert len(api.get(TICKETS, buyers[0].token).json["tickets"]) == 1


def test_a_fan_sees_no_ticket_of_another(api: Api, show: str, buyers: list[Person]) -> None:
    ticket(api, show, buyers[0])

    assert api.get(TICKETS, buyers[1].token).json == {"tickets": [], "nextCursor": None}


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_show_every_ticket_once(
    api: Api, announce: Announce, fan: Person, limit: int
) -> None:
    bought = [ticket(api, announce(ticketPrice=0), fan)["id"] for _ in range(4)]

    pages = api.pages(TICKETS, "tickets", fan.token, limit=limit)

    assert [one["id"] for page in pages for one in page] == bought[::-1]
