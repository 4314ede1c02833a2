"""What the payment provider tells the ledger, in the ledger's own terms."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class CheckoutEvent:
    """A checkout session changed. `amount_cents` and `currency` are what was really charged."""

    event_id: str
    event_type: str
    purchase_id: str
    session_id: str
    payment_intent_id: str | None
    amount_cents: int | None
    currency: str | None
    state: Literal["paid", "pending", "failed", "expired"]


@dataclass(frozen=True, slots=True)
class TakeBackEvent:
    """A payment was refunded or disputed; `cents` is the total so far, 0 for a dispute won."""

    event_id: str
    event_type: str
    kind: Literal["refund", "dispute"]
    payment_intent_id: str
    cents: int
