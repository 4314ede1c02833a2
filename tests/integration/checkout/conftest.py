"""A buyer's way through a checkout, and Stripe's events on theirs."""

from collections.abc import Callable
from typing import Any

import pytest

from limelight.platform import payments
from local.services.stripe import Delivery
from tests.integration.api import Answer, Api, Post
from tests.integration.people import Owner, Person

HUNDRED = "00000000-0000-4000-9000-000000000003"
"""The package of 100 coins for $16.99."""
PRICE = 1699
WEBHOOK = "/api/stripe/webhook"

type Open = Callable[..., dict[str, Any]]
"""Opens a checkout for a person and answers it."""

type Deliver = Callable[[Delivery], Answer]
"""Delivers an event as Stripe does."""


@pytest.fixture(autouse=True)
def sandbox_is_new() -> None:
    """What an earlier test made of Stripe's secret and address is forgotten."""
    payments.forget()


@pytest.fixture
def open_checkout(api: Api) -> Open:
    def opened(person: Person, package: str = HUNDRED) -> dict[str, Any]:
        answer = api.pay("/api/stripe/create-checkout", person.token, {"packageId": package})
        assert answer.status == 201, answer.text
        checkout: dict[str, Any] = answer.json
        return checkout

    return opened


@pytest.fixture
def session(open_checkout: Open, fan: Person) -> str:
    """The id of the fan's checkout session for 100 coins."""
    return str(open_checkout(fan)["sessionId"])


@pytest.fixture
def deliver(api: Api) -> Deliver:
    def delivered(delivery: Delivery) -> Answer:
        headers = {"Stripe-Signature": delivery.signature}
        return api.call("POST", WEBHOOK, raw=delivery.body, headers=headers)

    return delivered


def post(delivery: Delivery) -> Post:
    """The event as one of several that are delivered at once."""
    headers = {"Stripe-Signature": delivery.signature}
    return Post(WEBHOOK, None, raw=delivery.body, headers=headers)


def purchase_of(owner: Owner, session_id: str) -> dict[str, Any]:
    """The purchase behind a session."""
    cursor = owner.execute(
        "select * from public.purchases where checkout_session_id = %s", (session_id,)
    )
    columns = [column.name for column in cursor.description or ()]
    row = cursor.fetchone()
    assert row is not None
    return dict(zip(columns, row, strict=True))


def debts_of(owner: Owner, person: Person) -> list[tuple[str, int, int]]:
    """What a person owes: reason, amount, and what was collected of it."""
    return [
        (str(reason), int(amount), int(collected))
        for reason, amount, collected in owner.execute(
            """
            select d.reason, d.amount, d.collected
            from ledger.debts d
            join public.wallets w on w.id = d.wallet_id
            where w.user_id = %s
            order by d.id
            """,
            (person.id,),
        )
    ]


def outcome_of(owner: Owner, delivery: Delivery) -> str | None:
    """What was noted of an event; None when it was not."""
    row = owner.execute(
        "select outcome from ledger.stripe_events where id = %s", (delivery.event["id"],)
    ).fetchone()
    return None if row is None else str(row[0])
