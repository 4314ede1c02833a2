"""What the payment provider tells the ledger, in the ledger's own terms."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CheckoutEvent:
    """A checkout session changed. `amount_cents` and `currency` are what was really charged."""

    event_id: str
    event_type: str
    purchase_id: UUID | None
    session_id: str
    payment_intent_id: str | None
    amount_cents: int | None
    currency: str | None
    state: Literal["paid", "pending", "failed", "expired"]


@dataclass(frozen=True, slots=True)
class RefundEvent:
    """A payment was refunded; `cents` is the total so far."""

    event_id: str
    event_type: str
    payment_intent_id: str
    cents: int


@dataclass(frozen=True, slots=True)
class DisputeEvent:
    """A dispute came to `stage` (warned 0, open 1, resolved 2) and now takes `cents` back."""

    event_id: str
    event_type: str
    dispute_id: str
    payment_intent_id: str
    cents: int
    stage: int
