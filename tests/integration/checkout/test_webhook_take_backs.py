"""POST /api/stripe/webhook: refunds and disputes take coins back, and disputes won return them."""

import itertools

import pytest

from local.services.stripe import StandIn
from tests.integration.api import Api
from tests.integration.checkout.conftest import (
    PRICE,
    Deliver,
    Open,
    debts_of,
    outcome_of,
    post,
    purchase_of,
)
from tests.integration.ledger import GIFTS, entries_of, hold, nothing_moves, system_balance
from tests.integration.people import Fund, Owner, People, Person


@pytest.fixture
def paid(stripe: StandIn, session: str, deliver: Deliver) -> str:
    """A session of the fan's for 100 coins that is paid."""
    assert deliver(stripe.complete(session)).json == {"outcome": "applied"}
    return session


@pytest.fixture
def spend(api: Api, fan: Person, stream: str, paid: str) -> None:
    """The fan has spent 80 of the coins."""
    diamonds = {"giftId": GIFTS["Diamond"], "quantity": 4}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, diamonds).status == 201


def balance(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["balance"])


# Refunds


def test_a_full_refund_takes_all_coins_back(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    sold = system_balance(owner, "coin_sales")

    answer = deliver(stripe.refund(paid, PRICE))

    assert (answer.status, answer.json) == (200, {"outcome": "applied"})
    assert balance(api, fan) == 0
    assert entries_of(owner, fan) == [("purchase", 100), ("refund", -100)]
    assert system_balance(owner, "coin_sales") == sold + 100
    assert debts_of(owner, fan) == []


def test_partial_refunds_take_back_their_share_of_the_coins_rounded_down(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    left = []
    for cents in (1, 500, 500, 697, 1):
        assert deliver(stripe.refund(paid, cents)).json == {"outcome": "applied"}
        left.append(balance(api, fan))

    refunded = itertools.accumulate((1, 500, 500, 697, 1))
    assert left == [100 - 100 * cents // PRICE for cents in refunded]
    assert left[-1] == 0


def test_a_refund_that_is_told_again_or_late_takes_nothing_more(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    first, second = stripe.refund(paid, 500), stripe.refund(paid, 500)
    deliver(second)

    outcomes = [deliver(one).json["outcome"] for one in (second, first, first)]

    assert outcomes == ["duplicate", "applied", "duplicate"]
    assert balance(api, fan) == 100 - 100 * 1000 // PRICE


def test_refunds_delivered_at_once_take_each_coin_back_once(
    api: Api, stripe: StandIn, fan: Person, paid: str, crowd: None
) -> None:
    events = [stripe.refund(paid, 500) for _ in range(3)]

    answers = api.at_once([post(event) for event in events * 3])

    assert {one.status for one in answers} == {200}
    assert balance(api, fan) == 100 - 100 * 1500 // PRICE


def test_a_refund_that_overtakes_its_payment_comes_again_later(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    payment = stripe.complete(session)
    refund = stripe.refund(session, PRICE)

    with nothing_moves(owner):
        refused = deliver(refund)
    assert (refused.status, refused.code) == (409, "payment_not_settled")
    assert outcome_of(owner, refund) is None

    assert deliver(payment).json == {"outcome": "applied"}
    assert deliver(refund).json == {"outcome": "applied"}
    assert balance(api, fan) == 0


def test_a_refund_of_a_charge_without_a_payment_is_not_ours(
    owner: Owner, stripe: StandIn, paid: str, deliver: Deliver
) -> None:
    charge = stripe.refund(paid, PRICE).event["data"]["object"] | {"payment_intent": None}

    assert deliver(stripe.delivery("charge.refunded", charge)).json == {"outcome": "ignored"}


# Debts


def test_what_was_spent_before_a_refund_is_a_debt_and_no_coin_is_minted(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, creator: Person, paid: str,
    spend: None, deliver: Deliver,
) -> None:  # fmt: skip
    sold = system_balance(owner, "coin_sales")

    assert deliver(stripe.refund(paid, PRICE)).json == {"outcome": "applied"}

    assert (balance(api, fan), balance(api, creator)) == (0, 80)
    assert debts_of(owner, fan) == [("refund", 80, 0)]
    assert system_balance(owner, "coin_sales") == sold + 20
    assert purchase_of(owner, paid)["taken_back_coins"] == 100


def test_a_debt_is_collected_from_the_next_purchase(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, spend: None,
    open_checkout: Open, deliver: Deliver,
) -> None:  # fmt: skip
    deliver(stripe.refund(paid, PRICE))
    twenty = "00000000-0000-4000-9000-000000000001"

    deliver(stripe.complete(open_checkout(fan, twenty)["sessionId"]))
    assert (balance(api, fan), debts_of(owner, fan)) == (0, [("refund", 80, 20)])

    deliver(stripe.complete(open_checkout(fan)["sessionId"]))
    assert (balance(api, fan), debts_of(owner, fan)) == (40, [("refund", 80, 80)])
    assert entries_of(owner, fan)[-4:] == [
        ("purchase", 20), ("refund", -20), ("purchase", 100), ("refund", -60),
    ]  # fmt: skip


def test_coins_that_are_held_are_not_taken_back(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    hold(owner, fan, 70)

    deliver(stripe.refund(paid, PRICE))

    shown = api.get("/api/wallet/balance", fan.token).json
    assert shown == {"balance": 70, "heldBalance": 70, "availableBalance": 0}
    assert debts_of(owner, fan) == [("refund", 70, 0)]


def test_a_debt_is_collected_before_a_payout(
    api: Api, owner: Owner, people: People, stripe: StandIn, fan: Person, paid: str, spend: None,
    fund: Fund, deliver: Deliver,
) -> None:  # fmt: skip
    deliver(stripe.refund(paid, PRICE))
    fund(fan, 200)
    people.set(fan, role="creator")

    refused = api.pay("/api/wallet/payouts/request", fan.token, {"amount": 121})
    accepted = api.pay("/api/wallet/payouts/request", fan.token, {"amount": 120})

    assert (refused.status, refused.json["available"]) == (402, 120)
    assert (accepted.status, accepted.json["balance"]) == (201, 0)
    assert debts_of(owner, fan) == [("refund", 80, 80)]


# Disputes


def test_a_dispute_takes_the_coins_and_losing_it_changes_nothing_more(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    assert deliver(stripe.dispute(paid)).json == {"outcome": "applied"}
    assert balance(api, fan) == 0
    assert entries_of(owner, fan) == [("purchase", 100), ("dispute", -100)]

    deliver(stripe.dispute(paid, "lost", event="closed"))

    assert entries_of(owner, fan) == [("purchase", 100), ("dispute", -100)]


def test_a_dispute_that_is_won_gives_the_coins_back(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    for event, status in (("created", "needs_response"), ("updated", "under_review")):
        deliver(stripe.dispute(paid, status, event=event))

    assert deliver(stripe.dispute(paid, "won", event="closed")).json == {"outcome": "applied"}

    assert entries_of(owner, fan) == [("purchase", 100), ("dispute", -100), ("dispute", 100)]
    assert purchase_of(owner, paid)["taken_back_coins"] == 0


def test_a_dispute_that_is_won_forgives_the_debt_first(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, creator: Person, paid: str,
    spend: None, deliver: Deliver,
) -> None:  # fmt: skip
    deliver(stripe.dispute(paid))
    assert (balance(api, fan), debts_of(owner, fan)) == (0, [("dispute", 80, 0)])

    deliver(stripe.dispute(paid, "won", event="closed"))

    assert (balance(api, fan), debts_of(owner, fan)) == (20, [])
    assert balance(api, creator) == 80


def test_a_dispute_won_after_its_debt_was_collected_in_part_returns_what_was_collected(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, spend: None,
    open_checkout: Open, deliver: Deliver,
) -> None:  # fmt: skip
    deliver(stripe.dispute(paid))
    fifty = "00000000-0000-4000-9000-000000000002"
    deliver(stripe.complete(open_checkout(fan, fifty)["sessionId"]))
    assert (balance(api, fan), debts_of(owner, fan)) == (0, [("dispute", 80, 50)])

    deliver(stripe.dispute(paid, "won", event="closed"))

    assert (balance(api, fan), debts_of(owner, fan)) == (70, [("dispute", 50, 50)])


@pytest.mark.parametrize(("last", "left"), [("won", 100), ("lost", 0), ("warning_closed", 100)])
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_whatever_order_a_dispute_is_told_in_its_end_decides(
    api: Api, stripe: StandIn, fan: Person, paid: str, deliver: Deliver, order: tuple[int, ...],
    last: str, left: int,
) -> None:  # fmt: skip
    first = "warning_needs_response" if last == "warning_closed" else "needs_response"
    events = [
        stripe.dispute(paid, first),
        stripe.dispute(paid, first.replace("needs_response", "under_review"), event="updated"),
        stripe.dispute(paid, last, event="closed"),
    ]

    for index in order:
        assert deliver(events[index]).json == {"outcome": "applied"}

    assert balance(api, fan) == left


def test_a_warning_takes_nothing_until_it_becomes_a_dispute(
    api: Api, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    deliver(stripe.dispute(paid, "warning_needs_response"))
    assert balance(api, fan) == 100

    deliver(stripe.dispute(paid, "needs_response", event="funds_withdrawn"))
    assert balance(api, fan) == 0


def test_two_disputes_of_parts_of_a_payment_are_counted_apart(
    api: Api, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    deliver(stripe.dispute(paid, cents=500, number=1))
    deliver(stripe.dispute(paid, cents=700, number=2))
    assert balance(api, fan) == 100 - 100 * 1200 // PRICE

    deliver(stripe.dispute(paid, "won", event="closed", cents=500, number=1))
    assert balance(api, fan) == 100 - 100 * 700 // PRICE


def test_a_payment_both_refunded_and_disputed_is_taken_back_once(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, deliver: Deliver
) -> None:
    deliver(stripe.refund(paid, PRICE))
    deliver(stripe.dispute(paid))

    assert (balance(api, fan), debts_of(owner, fan)) == (0, [])
    assert entries_of(owner, fan) == [("purchase", 100), ("refund", -100)]


def test_a_dispute_that_overtakes_its_payment_comes_again_later(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, session: str, deliver: Deliver
) -> None:
    payment = stripe.complete(session)
    dispute = stripe.dispute(session)

    with nothing_moves(owner):
        refused = deliver(dispute)

    assert (refused.status, refused.code) == (409, "payment_not_settled")
    assert [deliver(one).status for one in (payment, dispute)] == [200, 200]
    assert balance(api, fan) == 0


def test_an_event_and_its_dispute_and_refund_at_once_end_where_they_would_one_by_one(
    api: Api, owner: Owner, stripe: StandIn, fan: Person, paid: str, crowd: None
) -> None:
    events = [
        stripe.refund(paid, 500),
        stripe.dispute(paid, cents=700),
        stripe.dispute(paid, "won", event="closed", cents=700),
        stripe.refund(paid, 300),
    ]

    answers = api.at_once([post(event) for event in events * 2])

    assert {one.status for one in answers} == {200}
    assert balance(api, fan) == 100 - 100 * 800 // PRICE
    assert debts_of(owner, fan) == []
