"""POST /api/shows/{showId}/end."""

from uuid import uuid4

import pytest

from tests.integration.api import Api, Post
from tests.integration.clock import Clock
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.moments import just_now
from tests.integration.people import Owner, People, Person
from tests.integration.shows.acts import (
    Announce,
    balance_of,
    cancel,
    detail,
    end,
    escrow_of,
    events_of,
    join,
    start,
    ticket,
)

# What the end does


def test_the_escrow_goes_to_the_creator(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], clock: Clock
) -> None:
    for one in buyers:
        ticket(api, show, one)
    start(api, show, creator)
    clock.advance(minutes=61, seconds=5)

    ended = end(api, show, creator)

    assert ended.status == 200
    assert ended.headers["cache-control"] == "no-store"
    shown = detail(api, show)
    assert ended.json | {"durationSeconds": 0} == {
        "showId": show, "status": "ended", "startedAt": shown["startedAt"],
        "endedAt": shown["endedAt"], "durationSeconds": 0, "ticketsSold": 3,
        "ticketsRefunded": 0, "revenue": 90, "platformFee": 0, "earnings": 90,
    }  # fmt: skip
    assert ended.json["durationSeconds"] in (3665, 3666)
    assert just_now(shown["startedAt"])
    assert (balance_of(api, creator), escrow_of(owner, show)) == (90, 0)
    assert entries_of(owner, creator) == [("show_earnings", 90)]
    assert [balance_of(api, one) for one in buyers] == [70] * 3


@pytest.mark.parametrize(("price", "fee"), [(30, 18), (1, 0), (2, 1), (4, 2)], ids=str)
def test_the_platforms_fifth_is_of_the_whole_and_rounded_down_to_the_creators_benefit(
    api: Api, owner: Owner, creator: Person, announce: Announce, buyers: list[Person],
    fee_of_a_fifth: None, price: int, fee: int,
) -> None:  # fmt: skip
    show = announce(ticketPrice=price)
    for one in buyers:
        ticket(api, show, one)
    fees = system_balance(owner, "platform_fees")
    start(api, show, creator)

    ended = end(api, show, creator).json

    assert (ended["revenue"], ended["platformFee"], ended["earnings"]) == (
        3 * price, fee, 3 * price - fee,
    )  # fmt: skip
    assert balance_of(api, creator) == 3 * price - fee
    assert system_balance(owner, "platform_fees") == fees + fee


def test_the_whole_may_be_the_platforms_share(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], fee_of_a_fifth: None
) -> None:
    owner.execute("update ledger.fee_rates set basis_points = 10000")
    ticket(api, show, buyers[0])
    start(api, show, creator)

    ended = end(api, show, creator).json

    assert (ended["platformFee"], ended["earnings"]) == (30, 0)
    assert entries_of(owner, creator) == []


def test_a_free_show_ends_without_the_ledger(
    api: Api, owner: Owner, creator: Person, fan: Person, announce: Announce
) -> None:
    show = announce(ticketPrice=0)
    ticket(api, show, fan)
    start(api, show, creator)

    ended = end(api, show, creator).json

    assert (ended["ticketsSold"], ended["revenue"], ended["earnings"]) == (1, 0, 0)
    assert entries_of(owner, creator) == []


def test_a_show_that_sold_nothing_ends_too(api: Api, creator: Person, live: str) -> None:
    ended = end(api, live, creator).json

    assert (ended["ticketsSold"], ended["revenue"]) == (0, 0)


def test_the_tickets_stay_valid(api: Api, creator: Person, show: str, buyers: list[Person]) -> None:
    ticket(api, show, buyers[0])
    start(api, show, creator)
    end(api, show, creator)

    shown = detail(api, show, buyers[0])

    assert (shown["status"], shown["ticketsSold"]) == ("ended", 1)
    assert shown["ticket"]["status"] == "valid"


# Who was shut out


def test_whom_the_creator_blocked_before_they_came_is_refunded(
    api: Api, owner: Owner, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    """Else a creator could sell seats, block whoever bought them, and keep the coins."""
    for one in buyers:
        ticket(api, show, one)
    people.block(creator, buyers[0])
    start(api, show, creator)

    ended = end(api, show, creator).json

    assert (ended["ticketsSold"], ended["ticketsRefunded"], ended["revenue"]) == (2, 1, 60)
    assert [balance_of(api, one) for one in buyers] == [100, 70, 70]
    assert (balance_of(api, creator), escrow_of(owner, show)) == (60, 0)
    ((event, told),) = events_of(owner, buyers[0])
    assert (event, told["reason"], told["refundedCoins"]) == ("ticket_refunded", "blocked", 30)
    (shown,) = api.get("/api/shows/my-tickets", buyers[0].token).json["tickets"]
    assert shown["status"] == "refunded"


def test_who_came_and_was_blocked_for_it_has_had_their_show(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    start(api, show, creator)
    join(api, show, buyers[0])
    people.block(creator, buyers[0])

    assert end(api, show, creator).json["ticketsRefunded"] == 0
    assert balance_of(api, creator) == 30


def test_who_blocks_the_creator_is_not_refunded(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    people.block(buyers[0], creator)
    start(api, show, creator)

    assert end(api, show, creator).json["earnings"] == 30
    assert balance_of(api, buyers[0]) == 70


def test_a_show_that_shut_out_everybody_pays_nothing(
    api: Api, owner: Owner, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    for one in buyers:
        ticket(api, show, one)
        people.block(creator, one)
    start(api, show, creator)

    ended = end(api, show, creator).json

    assert (ended["ticketsSold"], ended["ticketsRefunded"], ended["earnings"]) == (0, 3, 0)
    assert entries_of(owner, creator) == []
    assert end(api, show, creator).json == ended


# When


@pytest.mark.parametrize("status", ["scheduled", "cancelled"])
def test_only_a_live_show_ends(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], status: str
) -> None:
    ticket(api, show, buyers[0])
    if status == "cancelled":
        cancel(api, show, creator)

    with nothing_moves(owner):
        refused = end(api, show, creator)

    assert (refused.status, refused.code) == (409, "show_not_live")
    assert refused.json["showStatus"] == status


def test_ending_again_pays_nothing_again(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], clock: Clock
) -> None:
    ticket(api, show, buyers[0])
    start(api, show, creator)
    first = end(api, show, creator)
    clock.advance(minutes=5)

    again = end(api, show, creator)

    assert (again.status, again.json) == (200, first.json)
    assert "idempotent-replayed" not in again.headers
    assert entries_of(owner, creator) == [("show_earnings", 30)]


# At most once


def test_the_same_key_is_answered_the_same_and_moves_nothing(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], new_key: str
) -> None:
    ticket(api, show, buyers[0])
    start(api, show, creator)
    first = end(api, show, creator, new_key)

    with nothing_moves(owner):
        again = end(api, show, creator, new_key)

    assert (again.status, again.text) == (200, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_a_key_whose_end_was_too_early_can_be_used_again(
    api: Api, creator: Person, show: str, new_key: str
) -> None:
    refused = end(api, show, creator, new_key)
    start(api, show, creator)

    assert (refused.status, end(api, show, creator, new_key).status) == (409, 200)


def test_ending_many_times_at_once_pays_once(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], crowd: None
) -> None:
    for one in buyers:
        ticket(api, show, one)
    start(api, show, creator)

    answers = api.at_once([Post(f"/api/shows/{show}/end", creator.token) for _ in range(8)])

    assert {(one.status, one.text) for one in answers} == {(200, answers[0].text)}
    assert entries_of(owner, creator) == [("show_earnings", 90)]


# Who may


def test_only_its_owner_ends_a_show(
    api: Api, owner: Owner, people: People, admin: Person, live: str, buyers: list[Person]
) -> None:
    ticket(api, live, buyers[0])
    others = (*buyers[:2], people.creator(), admin)

    with nothing_moves(owner):
        refusals = [end(api, live, one) for one in others]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 4


def test_a_show_that_never_was_does_not_end(api: Api, creator: Person) -> None:
    assert end(api, str(uuid4()), creator).code == "not_found"
