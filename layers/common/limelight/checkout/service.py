"""Buying coins. Stripe is asked outside any transaction; the ledger decides what an event does."""

from collections.abc import Mapping
from typing import Final, Literal, cast

from pydantic import ValidationError

from limelight.checkout.models import (
    Checkout,
    CheckoutRequest,
    EventReceived,
    Outcome,
    StripeCharge,
    StripeDispute,
    StripeSession,
)
from limelight.data.errors import DataUnavailable
from limelight.errors import Problem
from limelight.money import ledger
from limelight.money.events import CheckoutEvent, DisputeEvent, RefundEvent
from limelight.money.once import Once, Receipt
from limelight.platform import payments
from limelight.platform.payments import PaymentsUnavailable, SignedEvent
from limelight.schema import UserId

type State = Literal["paid", "pending", "failed", "expired"]

_COMPLETED: Final = "checkout.session.completed"
_CHECKOUT_STATES: Final[Mapping[str, State]] = {
    "checkout.session.async_payment_succeeded": "paid",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
_REFUNDED: Final = "charge.refunded"
_DISPUTE: Final = "charge.dispute."


def create(buyer_id: UserId, request: CheckoutRequest, once: Once) -> Receipt[Checkout]:
    """A checkout page for a package. The same key answers the same page."""
    purchase = ledger.open_purchase(buyer_id, request.package_id, once)
    if purchase["response"] is not None:
        return Receipt(Checkout.model_validate(purchase["response"]), replayed=True)
    try:
        page = payments.create_checkout(
            purchase["id"],
            coins=purchase["coins"],
            price_cents=purchase["price_cents"],
            currency=purchase["currency"],
        )
    except PaymentsUnavailable as gone:
        raise DataUnavailable(str(gone)) from gone
    answer = Checkout(
        purchase_id=purchase["id"],
        session_id=page.session_id,
        url=page.url,
        coins=purchase["coins"],
        price_cents=purchase["price_cents"],
        currency=purchase["currency"],
    )
    stored = ledger.attach_checkout(purchase["id"], page.session_id, answer.model_dump(mode="json"))
    return Receipt(Checkout.model_validate(stored), replayed=False)


def receive(body: bytes, signature: str, request_id: str) -> EventReceived:
    """Applies a signed event of Stripe's, once, whatever its age.

    Raises Problem `signature_invalid`, or `validation_failed` for an object of a form that Stripe
    does not document; DataError `payment_not_settled` for an event that overtook its payment, which
    Stripe then sends again.
    """
    try:
        event = payments.read_event(body, signature)
    except PaymentsUnavailable as gone:
        raise DataUnavailable(str(gone)) from gone
    try:
        outcome = _apply(event, request_id)
    except ValidationError as unknown:
        raise Problem("validation_failed") from unknown
    return EventReceived(outcome=cast("Outcome", outcome))


def _apply(event: SignedEvent, request_id: str) -> str:
    if event.type == _COMPLETED or event.type in _CHECKOUT_STATES:
        return ledger.apply_checkout(_checkout(event), request_id)
    if event.type == _REFUNDED:
        charge = StripeCharge.model_validate(event.subject)
        if charge.payment_intent:
            return ledger.apply_refund(
                RefundEvent(event.id, event.type, charge.payment_intent, charge.amount_refunded),
                request_id,
            )
    if event.type.startswith(_DISPUTE):
        dispute = StripeDispute.model_validate(event.subject)
        if dispute.payment_intent:
            return ledger.apply_dispute(_dispute(event, dispute), request_id)
    return ledger.ignore_event(event.id, event.type)


def _checkout(event: SignedEvent) -> CheckoutEvent:
    session = StripeSession.model_validate(event.subject)
    unpaid = session.payment_status == "unpaid"
    return CheckoutEvent(
        event_id=event.id,
        event_type=event.type,
        purchase_id=session.purchase_id,
        session_id=session.id,
        payment_intent_id=session.payment_intent,
        amount_cents=session.amount_total,
        currency=session.currency,
        state=_CHECKOUT_STATES.get(event.type, "pending" if unpaid else "paid"),
    )


def _dispute(event: SignedEvent, dispute: StripeDispute) -> DisputeEvent:
    return DisputeEvent(
        event_id=event.id,
        event_type=event.type,
        dispute_id=dispute.id,
        payment_intent_id=cast("str", dispute.payment_intent),
        cents=dispute.cents,
        stage=dispute.stage,
    )
