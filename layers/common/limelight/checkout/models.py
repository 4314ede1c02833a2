"""What the checkout endpoints take and answer, and what is read of Stripe's objects."""

from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from limelight.schema import Coins, Input, Output, example

type Outcome = Literal[
    "applied", "ignored", "duplicate", "unknown_purchase", "amount_mismatch", "paid_twice"
]

_RESOLVED: Final = ("won", "lost", "warning_closed", "prevented")


EVENT: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "description": "An event as Stripe signs it; an unknown type is noted.",
                    "required": ["id", "object", "type", "data"],
                    "properties": {
                        "id": {"type": "string"},
                        "object": {"const": "event"},
                        "type": {"type": "string"},
                        "data": {"type": "object"},
                    },
                },
                "examples": {
                    "refunded": {
                        "value": {
                            "id": "evt_1",
                            "object": "event",
                            "type": "charge.refunded",
                            "data": {
                                "object": {
                                    "id": "ch_1",
                                    "object": "charge",
                                    "payment_intent": "pi_1",
                                    "amount_refunded": 1699,
                                }
                            },
                        }
                    }
                },
            }
        },
    }
}
"""Stripe's body, for the API document: its form is checked after its signature."""


class CheckoutRequest(Input):
    """The coin package to buy."""

    model_config = example(packageId="00000000-0000-4000-9000-000000000003")

    package_id: UUID


class Checkout(Output):
    """Where the buyer pays. `priceCents` in the currency's cents."""

    model_config = example(
        purchaseId="8d2f7f0c-43e4-4a53-9a7a-9f2a0b3c4001",
        sessionId="cs_test_a1b2c3",
        url="https://checkout.stripe.com/c/pay/cs_test_a1b2c3",
        coins=100,
        priceCents=1699,
        currency="usd",
    )

    purchase_id: UUID
    session_id: str
    url: str
    coins: Coins
    price_cents: int
    currency: str


class EventReceived(Output):
    """What became of an event: `applied`, `ignored`, `duplicate`, or why no coins were credited."""

    model_config = example(outcome="applied")

    outcome: Outcome


class _StripeObject(BaseModel):
    """As much of an object of Stripe's as is read; the rest of it is Stripe's business."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str


class StripeSession(_StripeObject):
    """A checkout session. `client_reference_id` is the purchase's id in a session that we made."""

    client_reference_id: str | None
    payment_intent: str | None
    payment_status: Literal["paid", "unpaid", "no_payment_required"]
    amount_total: int | None
    currency: str | None

    @property
    def purchase_id(self) -> UUID | None:
        """None for a session that somebody else made."""
        try:
            return UUID(self.client_reference_id or "")
        except ValueError:
            return None


class StripeCharge(_StripeObject):
    """A charge; `amount_refunded` is what has been refunded of it so far, in cents."""

    payment_intent: str | None
    amount_refunded: int


class StripeDispute(_StripeObject):
    """A dispute; `amount` in cents. While it is a warning, the money is still ours."""

    payment_intent: str | None
    amount: int
    status: str

    @property
    def cents(self) -> int:
        """What the buyer's bank has taken back, or is about to."""
        is_ours = self.status.startswith("warning_") or self.status in ("won", "prevented")
        return 0 if is_ours else self.amount

    @property
    def stage(self) -> int:
        """How far it has come: warned 0, open 1, resolved 2. It never goes back."""
        if self.status in _RESOLVED:
            return 2
        return 0 if self.status.startswith("warning_") else 1
