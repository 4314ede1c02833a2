"""The ledger's operations as a function of the product calls them: by the pool, as its role."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lambda_pool import Pool, Query, deadline
from lambda_pool.errors import QueryRefused
from limelight.money import queries
from tests.money import statements
from tests.money.world import GIFTS

SECONDS = 10.0

type Row = dict[str, Any]


class Refused(Exception):
    """The ledger said no; the argument is the product's code."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the ledger, which may be made again."""

    query: Query
    params: Mapping[str, object]

    def altered(self) -> "Call":
        """The same key with another payload."""
        return Call(self.query, {**self.params, "payload_hash": "another"})


def gift(sender: UUID, stream: UUID, price: int, quantity: int, key: str) -> Call:
    return _once(
        queries.GIFT,
        key,
        sender_id=sender,
        stream_id=stream,
        gift_id=GIFTS[price],
        quantity=quantity,
    )


def tip(sender: UUID, stream: UUID, amount: int, key: str) -> Call:
    return _once(queries.TIP, key, sender_id=sender, stream_id=stream, amount=amount, message=None)


def buy_ticket(buyer: UUID, stream: UUID, key: str) -> Call:
    return _once(queries.BUY_TICKET, key, buyer_id=buyer, stream_id=stream)


def adjust(admin: UUID, owner: UUID, amount: int, key: str) -> Call:
    return _once(
        queries.ADJUST, key, admin_id=admin, owner_id=owner, amount=amount, reason="a test"
    )


def request_payout(owner: UUID, amount: int, key: str) -> Call:
    return _once(queries.REQUEST_PAYOUT, key, owner_id=owner, amount=amount)


def close_payout(admin: UUID, payout: str, key: str, *, settle: bool) -> Call:
    return _once(queries.CLOSE_PAYOUT, key, admin_id=admin, payout_id=payout, settle=settle)


def authorise(owner: UUID, amount: int, subject: UUID, *, lifetime: str = "1 hour") -> Call:
    return Call(
        statements.AUTHORISE,
        {"owner": owner, "amount": amount, "subject": subject, "lifetime": lifetime},
    )


def extend(hold: UUID, amount: int) -> Call:
    return Call(statements.EXTEND, {"hold": hold, "amount": amount})


def void(hold: UUID) -> Call:
    return Call(statements.VOID, {"hold": hold})


def capture(hold: UUID, amount: int, payee: UUID, actor: UUID, key: str) -> Call:
    return Call(
        statements.CAPTURE,
        {"hold": hold, "amount": amount, "payee": payee, "actor": actor, "key": key},
    )


def deposit(buyer: UUID, amount: int, subject: UUID, key: str) -> Call:
    return Call(
        statements.DEPOSIT, {"buyer": buyer, "amount": amount, "subject": subject, "key": key}
    )


def release_escrow(payee: UUID, amount: int, subject: UUID, key: str) -> Call:
    return Call(
        statements.RELEASE_ESCROW,
        {"payee": payee, "amount": amount, "subject": subject, "key": key},
    )


def reverse(transfer: UUID, operation: str, actor: UUID, key: str) -> Call:
    return Call(
        statements.REVERSE,
        {"transfer": transfer, "operation": operation, "actor": actor, "key": key},
    )


def open_purchase(buyer: UUID, package: UUID, key: str) -> Call:
    return Call(
        queries.OPEN_PURCHASE,
        {"buyer_id": buyer, "package_id": package, "key": key, "payload_hash": "h"},
    )


def attach_checkout(purchase: UUID, url: str) -> Call:
    """Stripe has made a session, and this is where it is paid."""
    return Call(
        queries.ATTACH_CHECKOUT,
        {
            "purchase_id": purchase,
            "session_id": f"cs_{purchase}",
            "response": json.dumps({"url": url}),
        },
    )


def pay(purchase: UUID, cents: int, event: str) -> Call:
    """Stripe says that a purchase was paid."""
    return _event(
        queries.APPLY_CHECKOUT,
        event,
        purchase_id=purchase,
        session_id=f"cs_{purchase}",
        payment_intent_id=f"pi_{purchase}",
        amount_cents=cents,
        currency="usd",
        state="paid",
    )


def refund(purchase: UUID, cents: int, event: str) -> Call:
    """Stripe says how much of a payment is refunded by now."""
    return _event(queries.APPLY_REFUND, event, payment_intent_id=f"pi_{purchase}", cents=cents)


def dispute(purchase: UUID, number: int, cents: int, stage: int, event: str) -> Call:
    """Stripe says what the purchase's dispute of this number takes, and how far it has come."""
    return _event(
        queries.APPLY_DISPUTE,
        event,
        dispute_id=f"dp_{purchase}_{number}",
        payment_intent_id=f"pi_{purchase}",
        cents=cents,
        stage=stage,
    )


def ignore_event(event: str) -> Call:
    return Call(queries.IGNORE_EVENT, {"event_id": event, "event_type": "an event"})


def buy_seat(buyer: UUID, show: UUID, key: str) -> Call:
    return _once(queries.BUY_SHOW_TICKET, key, buyer_id=buyer, show_id=show)


def cancel_show(creator: UUID, show: UUID, key: str) -> Call:
    return _once(queries.CANCEL_SHOW, key, caller_id=creator, show_id=show)


def start_show(creator: UUID, show: UUID) -> Call:
    return Call(statements.START_SHOW, {"creator": creator, "show": show})


def enter_show(visitor: UUID, show: UUID) -> Call:
    return Call(statements.ENTER_SHOW, {"visitor": visitor, "show": show})


def end_show(creator: UUID, show: UUID, key: str) -> Call:
    return _once(queries.END_SHOW, key, caller_id=creator, show_id=show)


def settle_overdue_show(show: UUID) -> Call:
    return Call(queries.SETTLE_OVERDUE_SHOW, {"show_id": show})


def reschedule(creator: UUID, show: UUID, changes: str) -> Call:
    return Call(statements.RESCHEDULE, {"creator": creator, "show": show, "changes": changes})


def remind(person: UUID, show: UUID) -> Call:
    return Call(statements.REMIND, {"person": person, "show": show})


def claim_reminders(batch: int = 10) -> Call:
    return Call(statements.CLAIM_REMINDERS, {"batch": batch})


def unlock(buyer: UUID, message: UUID, key: str) -> Call:
    return _once(queries.UNLOCK_MESSAGE, key, buyer_id=buyer, message_id=message)


def tip_party(sender: UUID, conversation: UUID, amount: int, key: str) -> Call:
    return _once(
        queries.TIP_PARTY,
        key,
        sender_id=sender,
        conversation_id=conversation,
        amount=amount,
        content="thanks",
    )


def enforce_suspension(person: UUID, batch: int = 10) -> Call:
    return Call(queries.ENFORCE_SUSPENSION, {"user_id": person, "batch": batch})


def release_due(batch: int = 100) -> Call:
    return Call(queries.RELEASE_DUE_HOLDS, {"batch": batch})


def fold(batch: int = 100) -> Call:
    return Call(queries.FOLD_PENDING, {"batch": batch})


def purge_keys(batch: int = 100) -> Call:
    return Call(queries.PURGE_KEYS, {"batch": batch})


def reconcile() -> Call:
    """To be made in a transaction that takes its time, as the job does."""
    return Call(queries.RECONCILE, {})


def make(pool: Pool, call: Call) -> Row:
    """What the ledger answers. Raises Refused with the product's code, or as the pool does."""
    rows = make_all(pool, call)
    assert rows, call
    return rows[0]


def make_all(pool: Pool, call: Call) -> list[Row]:
    """Every row that the ledger answers."""
    try:
        with deadline(SECONDS):
            return pool.fetch_all(call.query, call.params)
    except QueryRefused as refused:
        if refused.sqlstate.startswith("LL"):
            raise Refused(refused.message) from refused
        raise


def _once(query: Query, key: str, **params: object) -> Call:
    return Call(query, {**params, "key": key, "payload_hash": "h", "request_id": "q"})


def _event(query: Query, event: str, **params: object) -> Call:
    return Call(query, {**params, "event_id": event, "event_type": "an event", "request_id": "q"})
