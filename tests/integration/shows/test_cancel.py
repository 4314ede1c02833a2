"""DELETE /api/shows/{showId}."""

from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.ledger import entries_of, nothing_moves, system_balance
from tests.integration.moments import just_now
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.shows.acts import (
    Announce,
    balance_of,
    buy,
    cancel,
    detail,
    end,
    escrow_of,
    events_of,
    start,
    ticket,
)

# What a cancellation does


def test_every_ticket_is_refunded_with_what_it_cost(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person]
) -> None:
    for one in buyers:
        ticket(api, show, one)

    cancelled = cancel(api, show, creator)

    assert cancelled.status == 200
    assert cancelled.headers["cache-control"] == "no-store"
    assert just_now(cancelled.json["cancelledAt"])
    assert cancelled.json == {
        "showId": show, "status": "cancelled", "cancelledAt": cancelled.json["cancelledAt"],
        "ticketsRefunded": 3, "coinsRefunded": 90,
    }  # fmt: skip
    assert [balance_of(api, one) for one in buyers] == [100] * 3
    assert (escrow_of(owner, show), balance_of(api, creator)) == (0, 0)
    for one in buyers:
        assert entries_of(owner, one) == [
            ("promo_credit", 100), ("show_ticket", -30), ("refund", 30),
        ]  # fmt: skip


def test_a_refund_mints_no_coins(
    api: Api, owner: Owner, creator: Person, announce: Announce, buyers: list[Person]
) -> None:
    """The earlier product credited buyers and took the coins from nowhere."""
    kept, show = announce(), announce()
    for one in buyers:
        ticket(api, kept, one)
        ticket(api, show, one)
    escrow = system_balance(owner, "show_escrow")

    cancel(api, show, creator)

    assert system_balance(owner, "show_escrow") == escrow - 90
    assert escrow_of(owner, kept) == 90


def test_a_fee_is_not_taken_from_a_refund(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], fee_of_a_fifth: None
) -> None:
    ticket(api, show, buyers[0])
    fees = system_balance(owner, "platform_fees")

    cancel(api, show, creator)

    assert balance_of(api, buyers[0]) == 100
    assert system_balance(owner, "platform_fees") == fees


def test_a_free_show_is_cancelled_without_the_ledger(
    api: Api, owner: Owner, creator: Person, fan: Person, announce: Announce
) -> None:
    show = announce(ticketPrice=0)
    ticket(api, show, fan)

    cancelled = cancel(api, show, creator).json

    assert (cancelled["ticketsRefunded"], cancelled["coinsRefunded"]) == (1, 0)
    assert detail(api, show, fan)["ticket"]["status"] == "refunded"
    assert entries_of(owner, fan) == []


def test_a_show_that_sold_nothing_can_be_cancelled(api: Api, creator: Person, show: str) -> None:
    cancelled = cancel(api, show, creator).json

    assert (cancelled["ticketsRefunded"], cancelled["coinsRefunded"]) == (0, 0)
    assert detail(api, show, creator)["status"] == "cancelled"


def test_the_refund_is_one_posting_by_the_creator_about_the_show(
    api: Api, people: People, creator: Person, show: str, buyers: list[Person]
) -> None:
    for one in buyers:
        ticket(api, show, one)

    cancel(api, show, creator)

    posting = people.row(
        """
        select t.*, count(e.id) as entries
        from public.transfers t
        join public.entries e on e.transfer_id = t.id
        where t.subject_id = %(show)s
          and t.operation = 'escrow_refund'
        group by t.id
        """,
        {"show": show},
    )
    assert (posting["actor_id"], posting["entries"]) == (creator.id, 4)
    assert posting["idempotency_key"] == f"show/{show}"


def test_every_holder_is_told_and_nobody_else(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person]
) -> None:
    for one in buyers[:2]:
        ticket(api, show, one)

    cancel(api, show, creator)

    for number, one in enumerate(buyers[:2], start=1):
        told = {
            "showId": show, "title": "Piano by candlelight", "reason": "cancel",
            "ticketNumber": number, "refundedCoins": 30,
        }  # fmt: skip
        assert events_of(owner, one) == [("show_cancelled", told)]
    assert events_of(owner, buyers[2]) == []


def test_what_came_back_can_be_spent_at_once(
    api: Api, creator: Person, announce: Announce, fan: Person, fund: Fund
) -> None:
    fund(fan, 30)
    show = announce()
    ticket(api, show, fan)
    cancel(api, show, creator)

    assert buy(api, announce(), fan).json["balance"] == 0


# When


@pytest.mark.parametrize("status", ["live", "ended"])
def test_what_has_started_cannot_be_cancelled(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], status: str
) -> None:
    ticket(api, show, buyers[0])
    start(api, show, creator)
    if status == "ended":
        end(api, show, creator)

    with nothing_moves(owner):
        refused = cancel(api, show, creator)

    assert (refused.status, refused.code) == (409, "show_not_scheduled")
    assert refused.json["showStatus"] == status


def test_cancelling_again_refunds_nothing_again(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    first = cancel(api, show, creator)

    again = cancel(api, show, creator)

    assert (again.status, again.json) == (200, first.json)
    assert "idempotent-replayed" not in again.headers
    assert balance_of(api, buyers[0]) == 100
    assert len(events_of(owner, buyers[0])) == 1


# At most once


def test_the_same_key_is_answered_the_same_and_moves_nothing(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], new_key: str
) -> None:
    ticket(api, show, buyers[0])
    first = cancel(api, show, creator, new_key)

    with nothing_moves(owner):
        again = cancel(api, show, creator, new_key)

    assert (again.status, again.text) == (200, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_the_key_of_one_show_cancels_no_other(
    api: Api, owner: Owner, creator: Person, announce: Announce, new_key: str
) -> None:
    one, other = announce(), announce()
    cancel(api, one, creator, new_key)

    with nothing_moves(owner):
        refused = cancel(api, other, creator, new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")
    assert detail(api, other)["status"] == "scheduled"


# Who may


def test_only_its_owner_cancels_a_show(
    api: Api, owner: Owner, people: People, admin: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    others = (*buyers[:2], people.creator(), admin)

    with nothing_moves(owner):
        refusals = [cancel(api, show, one) for one in others]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 4


def test_a_show_that_never_was_cannot_be_cancelled(api: Api, creator: Person) -> None:
    assert cancel(api, str(uuid4()), creator).code == "not_found"
