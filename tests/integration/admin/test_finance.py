"""GET /api/admin/finance."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from local.services.stripe import Delivery, StandIn
from tests.integration.api import Api
from tests.integration.ledger import GIFTS, hold, system_balance
from tests.integration.payouts import close, request
from tests.integration.people import Fund, Owner, People, Person

PATH = "/api/admin/finance"
BALANCES = (
    "coinsSold", "coinsSoldCents", "inCirculation", "held", "inEscrow", "owedToCreators",
    "payoutsOpen", "paidOut", "debts", "platformFees", "trialBalance",
)  # fmt: skip


def report(api: Api, admin: Person, **query: object) -> dict[str, Any]:
    answer = api.get(PATH, admin.token, **query)
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.json
    return shown


def moved(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    """By how much the balances changed, those that did."""
    return {name: after[name] - before[name] for name in BALANCES if after[name] != before[name]}


def every_credit(owner: Owner) -> list[tuple[str, str, int]]:
    """The UTC day, type and amount of every entry that is a credit, one by one."""
    return [
        (moment.astimezone(UTC).date().isoformat(), str(kind), int(amount))
        for moment, kind, amount in owner.execute(
            "select created_at, type, amount from public.entries where amount > 0"
        )
    ]


@pytest.fixture
def busy(api: Api, admin: Person, fan: Person, creator: Person, stream: str, fund: Fund) -> None:
    """A fan has gifted, and the creator has asked to be paid out."""
    fund(fan, 500)
    crowns = {"giftId": GIFTS["Crown"], "quantity": 3}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, crowns).status == 201
    assert request(api, creator, 100).status == 201


def test_the_books_balance(api: Api, admin: Person, busy: None) -> None:
    shown = report(api, admin)

    assert shown.keys() == {*BALANCES, "byType", "byDay"}
    assert shown["trialBalance"] == 0


def test_the_balances_are_those_of_the_entries(
    api: Api, owner: Owner, admin: Person, busy: None
) -> None:
    shown = report(api, admin)

    total: Counter[str] = Counter()
    for account, role, amount in owner.execute(
        """
        select w.system_account, u.role, e.amount
        from public.entries e
        join public.wallets w on w.id = e.wallet_id
        left join public.users u on u.id = w.user_id
        """
    ):
        total["inCirculation"] += amount if account is None else 0
        total["owedToCreators"] += amount if role == "creator" else 0
    assert shown["inCirculation"] == total["inCirculation"]
    assert shown["owedToCreators"] == total["owedToCreators"]
    assert shown["inEscrow"] == system_balance(owner, "show_escrow")
    assert shown["platformFees"] == system_balance(owner, "platform_fees")
    assert shown["payoutsOpen"] == system_balance(owner, "payout_clearing")


def test_every_type_and_day_adds_up(api: Api, owner: Owner, admin: Person, busy: None) -> None:
    shown = report(api, admin, days=366)

    coins: Counter[tuple[str, str]] = Counter()
    entries: Counter[tuple[str, str]] = Counter()
    for day, kind, amount in every_credit(owner):
        coins[day, kind] += amount
        entries[day, kind] += 1
    assert {(row["day"], row["type"]): row["coins"] for row in shown["byDay"]} == coins
    assert {(row["day"], row["type"]): row["entries"] for row in shown["byDay"]} == entries
    for row in shown["byType"]:
        assert row["coins"] == sum(n for (_, kind), n in coins.items() if kind == row["type"])
    assert {row["type"] for row in shown["byType"]} == {kind for _, kind in coins}


def test_days_are_newest_first_and_of_today_when_one_is_asked_for(
    api: Api, admin: Person, busy: None
) -> None:
    days = [row["day"] for row in report(api, admin)["byDay"]]

    assert days == sorted(days, reverse=True)
    today = datetime.now(UTC).date().isoformat()
    # Another test may have moved coins on a later day, by a clock that it had set forward.
    assert all(row["day"] >= today for row in report(api, admin, days=1)["byDay"])


def test_a_gift_moves_what_is_owed_to_creators_and_nothing_else(
    api: Api, admin: Person, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    before = report(api, admin)

    crown = {"giftId": GIFTS["Crown"], "quantity": 1}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, crown).status == 201

    assert moved(before, report(api, admin)) == {"owedToCreators": 100}


def test_a_payout_is_open_until_it_is_paid_or_returned(
    api: Api, admin: Person, creator: Person, fund: Fund
) -> None:
    fund(creator, 300)
    start = report(api, admin)

    payouts = [request(api, creator, 150).json["payout"]["id"] for _ in range(2)]
    asked = report(api, admin)
    close(api, admin, payouts[0], "settle")
    settled = report(api, admin)
    close(api, admin, payouts[1], "return")
    returned = report(api, admin)

    gone = {"inCirculation": -300, "owedToCreators": -300, "payoutsOpen": 300}
    assert moved(start, asked) == gone
    assert moved(asked, settled) == {"payoutsOpen": -150, "paidOut": 150}
    assert moved(settled, returned) == {
        "inCirculation": 150, "owedToCreators": 150, "payoutsOpen": -150,
    }  # fmt: skip


def test_a_hold_is_held_and_still_in_circulation(
    api: Api, owner: Owner, admin: Person, fan: Person, fund: Fund
) -> None:
    fund(fan, 50)
    before = report(api, admin)

    hold(owner, fan, 30)

    assert moved(before, report(api, admin)) == {"held": 30}


def test_a_sale_and_what_is_owed_after_its_refund_are_told(
    api: Api, stripe: StandIn, admin: Person, people: People, fan: Person, stream: str
) -> None:
    before = report(api, admin)
    package = {"packageId": "00000000-0000-4000-9000-000000000003"}
    session = api.pay("/api/stripe/create-checkout", fan.token, package).json["sessionId"]
    deliver(api, stripe.complete(session))
    sold = report(api, admin)
    diamonds = {"giftId": GIFTS["Diamond"], "quantity": 4}
    api.pay(f"/api/streams/{stream}/gift", fan.token, diamonds)
    deliver(api, stripe.refund(session, 1699))

    assert moved(before, sold) == {
        "coinsSold": 100, "coinsSoldCents": 1699, "inCirculation": 100,
    }  # fmt: skip
    assert moved(sold, report(api, admin)) == {
        "inCirculation": -20, "owedToCreators": 80, "debts": 80,
    }  # fmt: skip


def deliver(api: Api, delivery: Delivery) -> None:
    headers = {"Stripe-Signature": delivery.signature}
    answer = api.call("POST", "/api/stripe/webhook", raw=delivery.body, headers=headers)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("days", [0, -1, 367, "many", 1.5, ""])
def test_a_report_is_of_one_to_366_days(api: Api, admin: Person, days: object) -> None:
    refused = api.get(PATH, admin.token, days=days)

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_a_report_is_one_query(api: Api, admin: Person, queries: list[str]) -> None:
    report(api, admin)

    assert [name for name in queries if name.startswith("finance.")] == ["finance.report"]
