"""POST /api/shows/{showId}/purchase."""

from uuid import UUID, uuid4

import pytest

from tests.integration.api import Api
from tests.integration.ledger import entries_of, hold, nothing_moves
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
    purchase,
    start,
    ticket,
)

# What a purchase does


def test_a_ticket_moves_its_price_from_the_buyer_into_escrow(
    api: Api, owner: Owner, fan: Person, creator: Person, show: str, fund: Fund
) -> None:
    fund(fan, 100)

    bought = buy(api, show, fan)

    assert bought.status == 201
    assert bought.json["balance"] == 70
    assert (balance_of(api, fan), balance_of(api, creator)) == (70, 0)
    assert escrow_of(owner, show) == 30
    assert entries_of(owner, fan) == [("promo_credit", 100), ("show_ticket", -30)]
    assert entries_of(owner, creator) == []


def test_a_purchase_is_answered_with_the_ticket_and_the_buyers_balance(
    api: Api, fan: Person, show: str, fund: Fund
) -> None:
    fund(fan, 100)

    bought = buy(api, show, fan)

    assert bought.headers["cache-control"] == "no-store"
    assert bought.json.keys() == {"ticket", "balance"}
    sold = bought.json["ticket"]
    assert sold == {
        "id": sold["id"], "showId": show, "ticketNumber": 1, "price": 30, "status": "valid",
        "checkedInAt": None, "refundedAt": None, "purchasedAt": sold["purchasedAt"],
    }  # fmt: skip
    assert UUID(sold["id"])
    assert just_now(sold["purchasedAt"])


def test_a_purchase_is_one_transfer_of_the_buyers_about_the_show(
    api: Api, people: People, owner: Owner, fan: Person, show: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)

    sold = buy(api, show, fan, new_key).json["ticket"]

    transfer = people.row(
        """
        select t.*
        from public.transfers t
        join public.show_tickets k on k.transfer_id = t.id
        where k.id = %(id)s
        """,
        {"id": sold["id"]},
    )
    assert (transfer["operation"], transfer["actor_id"]) == ("escrow_deposit", fan.id)
    assert (transfer["subject_type"], str(transfer["subject_id"])) == ("show", show)
    assert transfer["idempotency_key"] == new_key


def test_tickets_are_numbered_in_the_order_they_are_sold(
    api: Api, show: str, buyers: list[Person]
) -> None:
    assert [ticket(api, show, one)["ticketNumber"] for one in buyers] == [1, 2, 3]
    assert detail(api, show)["ticketsSold"] == 3


def test_every_show_numbers_its_own_tickets(
    api: Api, announce: Announce, buyers: list[Person]
) -> None:
    one, other = announce(), announce()

    numbers = [ticket(api, at, buyers[0])["ticketNumber"] for at in (one, other)]

    assert numbers == [1, 1]


def test_a_free_ticket_takes_a_number_and_a_seat_and_leaves_the_ledger_alone(
    api: Api, owner: Owner, people: People, fan: Person, announce: Announce
) -> None:
    show = announce(ticketPrice=0, maxTickets=1)

    bought = buy(api, show, fan)

    assert bought.status == 201
    assert (bought.json["ticket"]["ticketNumber"], bought.json["ticket"]["price"]) == (1, 0)
    assert bought.json["balance"] == 0
    assert entries_of(owner, fan) == []
    assert escrow_of(owner, show) == 0
    refused = buy(api, show, people.fan())
    assert (refused.status, refused.code) == (409, "sold_out")


def test_a_private_show_sells_to_whoever_has_its_link(
    api: Api, announce: Announce, buyers: list[Person]
) -> None:
    assert buy(api, announce(isPrivate=True), buyers[0]).status == 201


def test_a_live_show_still_sells(api: Api, live: str, buyers: list[Person]) -> None:
    assert ticket(api, live, buyers[0])["ticketNumber"] == 1


def test_a_ticket_costs_what_it_costs_now_and_keeps_that_price(
    api: Api, people: People, creator: Person, announce: Announce, buyers: list[Person]
) -> None:
    show = announce(ticketPrice=10)
    api.call("PATCH", f"/api/shows/{show}", token=creator.token, body={"ticketPrice": 40})

    assert ticket(api, show, buyers[0])["price"] == 40


# Who may


def test_a_creator_cannot_buy_their_own_show(
    api: Api, owner: Owner, creator: Person, show: str, fund: Fund
) -> None:
    fund(creator, 100)

    with nothing_moves(owner):
        refused = buy(api, show, creator)

    assert (refused.status, refused.code) == (403, "own_show")


@pytest.mark.parametrize("blocker", ["creator", "fan"])
def test_a_block_either_way_stops_a_purchase(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, show: str, fund: Fund,
    blocker: str,
) -> None:  # fmt: skip
    fund(fan, 100)
    people.block(*((creator, fan) if blocker == "creator" else (fan, creator)))

    with nothing_moves(owner):
        refused = buy(api, show, fan)

    assert (refused.status, refused.code) == (403, "blocked")


def test_the_show_of_a_suspended_creator_is_not_there(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, show: str, fund: Fund
) -> None:
    fund(fan, 100)
    people.suspend(creator)

    with nothing_moves(owner):
        refused = buy(api, show, fan)

    assert (refused.status, refused.code) == (404, "not_found")


def test_nobody_buys_a_show_that_never_was(api: Api, owner: Owner, fan: Person, fund: Fund) -> None:
    fund(fan, 100)

    with nothing_moves(owner):
        refused = buy(api, str(uuid4()), fan)

    assert (refused.status, refused.code) == (404, "not_found")


def test_an_admin_buys_like_anybody_else(api: Api, admin: Person, show: str, fund: Fund) -> None:
    fund(admin, 30)

    assert buy(api, show, admin).status == 201


# What is on sale


def test_a_second_ticket_for_the_same_show_is_refused(
    api: Api, owner: Owner, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])

    with nothing_moves(owner):
        refused = buy(api, show, buyers[0])

    assert (refused.status, refused.code) == (409, "ticket_exists")


def test_who_has_a_ticket_is_told_so_even_when_all_are_sold(
    api: Api, announce: Announce, buyers: list[Person]
) -> None:
    show = announce(maxTickets=1)
    ticket(api, show, buyers[0])

    assert buy(api, show, buyers[0]).code == "ticket_exists"


def test_a_show_sells_as_many_tickets_as_it_has_seats(
    api: Api, owner: Owner, announce: Announce, buyers: list[Person]
) -> None:
    show = announce(maxTickets=2)
    for one in buyers[:2]:
        ticket(api, show, one)

    with nothing_moves(owner):
        refused = buy(api, show, buyers[2])

    assert (refused.status, refused.code) == (409, "sold_out")
    assert detail(api, show)["ticketsRemaining"] == 0


def test_a_show_without_an_end_of_seats_ends_where_the_platform_does(
    api: Api, owner: Owner, show: str, buyers: list[Person]
) -> None:
    """What is sold can be refunded in one statement."""
    owner.execute("update shows set sold = 50000, issued = 50000 where id = %s", (show,))
    refused = buy(api, show, buyers[0])
    owner.execute("update shows set sold = 0, issued = 0 where id = %s", (show,))

    assert (refused.status, refused.code) == (409, "sold_out")


def test_an_ended_show_sells_nothing(
    api: Api, owner: Owner, creator: Person, live: str, buyers: list[Person]
) -> None:
    end(api, live, creator)

    with nothing_moves(owner):
        refused = buy(api, live, buyers[0])

    assert (refused.status, refused.code) == (409, "show_not_on_sale")
    assert refused.json["showStatus"] == "ended"


def test_a_cancelled_show_is_gone_for_strangers_and_closed_for_who_had_a_ticket(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person]
) -> None:
    ticket(api, show, buyers[0])
    cancel(api, show, creator)

    with nothing_moves(owner):
        refusals = [buy(api, show, one) for one in buyers[:2]]

    assert [(one.status, one.code) for one in refusals] == [
        (409, "show_not_on_sale"), (404, "not_found"),
    ]  # fmt: skip


# What the balance allows


def test_a_ticket_beyond_the_balance_moves_nothing_and_says_what_is_missing(
    api: Api, owner: Owner, fan: Person, show: str, fund: Fund
) -> None:
    fund(fan, 29)

    with nothing_moves(owner):
        refused = buy(api, show, fan)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (30, 29)
    assert detail(api, show)["ticketsSold"] == 0


def test_the_number_of_a_purchase_that_failed_goes_to_the_next_buyer(
    api: Api, fan: Person, show: str, buyers: list[Person]
) -> None:
    assert buy(api, show, fan).status == 402

    assert ticket(api, show, buyers[0])["ticketNumber"] == 1


def test_held_coins_buy_no_ticket(
    api: Api, owner: Owner, fan: Person, show: str, fund: Fund
) -> None:
    fund(fan, 40)
    hold(owner, fan, 11)

    refused = buy(api, show, fan)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert refused.json["available"] == 29


# At most once


def test_the_same_key_is_answered_the_same_and_moves_nothing(
    api: Api, owner: Owner, show: str, buyers: list[Person], new_key: str
) -> None:
    first = buy(api, show, buyers[0], new_key)

    with nothing_moves(owner):
        again = [buy(api, show, buyers[0], new_key) for _ in range(3)]

    assert "idempotent-replayed" not in first.headers
    assert {(one.status, one.text) for one in again} == {(201, first.text)}
    assert {one.headers["idempotent-replayed"] for one in again} == {"true"}


def test_a_replay_is_answered_though_the_show_was_cancelled_since(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person], new_key: str
) -> None:
    first = buy(api, show, buyers[0], new_key)
    cancel(api, show, creator)

    with nothing_moves(owner):
        again = buy(api, show, buyers[0], new_key)

    assert (again.status, again.text) == (201, first.text)


def test_the_key_of_one_show_buys_no_other(
    api: Api, owner: Owner, announce: Announce, buyers: list[Person], new_key: str
) -> None:
    buy(api, announce(), buyers[0], new_key)
    other = announce()

    with nothing_moves(owner):
        refused = buy(api, other, buyers[0], new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_a_key_whose_purchase_failed_can_be_used_again(
    api: Api, fan: Person, show: str, fund: Fund, new_key: str
) -> None:
    refused = buy(api, show, fan, new_key)
    fund(fan, 30)

    bought = buy(api, show, fan, new_key)

    assert (refused.status, bought.status) == (402, 201)
    assert "idempotent-replayed" not in bought.headers


def test_a_key_whose_answer_was_forgotten_buys_no_second_ticket(
    api: Api, owner: Owner, announce: Announce, buyers: list[Person], new_key: str
) -> None:
    shows = [announce(), announce(ticketPrice=0)]
    for show in shows:
        buy(api, show, buyers[0], f"{new_key}{show}")
    owner.execute("delete from ledger.idempotency_keys where user_id = %s", (buyers[0].id,))

    with nothing_moves(owner):
        refusals = [buy(api, show, buyers[0], f"{new_key}{show}") for show in shows]

    assert [(one.status, one.code) for one in refusals] == [(409, "ticket_exists")] * 2


# Together (many more meet in tests/money/test_shows.py)


def test_ten_race_for_the_last_seat_and_one_gets_it(
    api: Api, owner: Owner, people: People, announce: Announce, fund: Fund, crowd: None
) -> None:
    show = announce(maxTickets=1)
    fans = [people.fan() for _ in range(10)]
    for fan in fans:
        fund(fan, 30)

    answers = api.at_once([purchase(show, fan) for fan in fans])

    assert sorted(one.status for one in answers) == [201] + [409] * 9
    assert {one.code for one in answers if one.status == 409} == {"sold_out"}
    assert escrow_of(owner, show) == 30
    assert sorted(balance_of(api, fan) for fan in fans) == [0] + [30] * 9


def test_one_fan_who_buys_many_times_at_once_gets_one_ticket(
    api: Api, owner: Owner, fan: Person, show: str, fund: Fund, crowd: None
) -> None:
    fund(fan, 300)

    answers = api.at_once([purchase(show, fan) for _ in range(8)])

    assert sorted(one.status for one in answers) == [201] + [409] * 7
    assert {one.code for one in answers if one.status == 409} == {"ticket_exists"}
    assert balance_of(api, fan) == 270


def test_a_show_that_starts_while_tickets_are_sold_sells_them_all(
    api: Api, creator: Person, show: str, buyers: list[Person], crowd: None
) -> None:
    answers = api.at_once([purchase(show, one) for one in buyers])
    started = start(api, show, creator)

    assert [one.status for one in answers] == [201] * 3
    assert sorted(one.json["ticket"]["ticketNumber"] for one in answers) == [1, 2, 3]
    assert started.json["ticketsSold"] == 3
