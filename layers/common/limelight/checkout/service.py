"""Buying coins. Stripe is asked outside any transaction; the ledger decides what an event does."""

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from limelight.checkout.models import Checkout, CheckoutRequest, EventReceived
from limelight.money import ledger
from limelight.money.events import CheckoutEvent, TakeBackEvent
from limelight.money.once import Once, Receipt
from limelight.platform import payments
from limelight.schema import UserId

type State = Literal["paid", "pending", "failed", "expired"]

_CHECKOUT_STATES: Final[Mapping[str, State]] = {
    "checkout.session.async_payment_succeeded": "paid",
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}
_COMPLETED: Final = "checkout.session.completed"
_REFUNDED: Final = "charge.refunded"
_DISPUTES: Final = ("charge.dispute.created", "charge.dispute.closed")
_DISPUTE_WON: Final = ("won", "warning_closed")


def create(buyer_id: UserId, request: CheckoutRequest, once: Once) -> Receipt[Checkout]:
    """A checkout page for a package. The same key answers the same page."""
    purchase = ledger.open_purchase(buyer_id, request.package_id, once)
    if purchase["response"] is not None:
        return Receipt(Checkout.model_validate(purchase["response"]), replayed=True)
    page = payments.create_checkout(
        purchase["id"],
        coins=purchase["coins"],
        price_cents=purchase["price_cents"],
        currency=purchase["currency"],
    )
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

    Raises Problem `signature_invalid`; DataError `payment_not_settled` for an event that overtook
    its payment, which Stripe then sends again.
    """
    event = payments.read_event(body, signature)
    subject: Any = event.data.object
    if event.type == _COMPLETED or event.type in _CHECKOUT_STATES:
        outcome = ledger.apply_checkout(_checkout(event.id, event.type, subject), request_id)
    elif event.type == _REFUNDED:
        taken = TakeBackEvent(
            event.id, event.type, "refund", subject["payment_intent"], subject["amount_refunded"]
        )
        outcome = ledger.apply_take_back(taken, request_id)
    elif event.type in _DISPUTES:
        cents = 0 if subject["status"] in _DISPUTE_WON else subject["amount"]
        taken = TakeBackEvent(event.id, event.type, "dispute", subject["payment_intent"], cents)
        outcome = ledger.apply_take_back(taken, request_id)
    else:
        outcome = ledger.ignore_event(event.id, event.type)
    return EventReceived(outcome=outcome)


def _checkout(event_id: str, event_type: str, session: Any) -> CheckoutEvent:
    state = _CHECKOUT_STATES.get(event_type)
    if state is None:
        state = "paid" if session["payment_status"] == "paid" else "pending"
    return CheckoutEvent(
        event_id=event_id,
        event_type=event_type,
        purchase_id=cast("str", session["client_reference_id"]),
        session_id=session["id"],
        payment_intent_id=session["payment_intent"],
        amount_cents=session["amount_total"],
        currency=session["currency"],
        state=state,
    )
