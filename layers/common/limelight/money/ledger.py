"""The only door to the ledger: every movement of coins is one of these calls.

Amounts are whole coins. Each call raises DataError with a business code (`insufficient_balance`,
`idempotency_key_reused`, …) and then has moved nothing, or DataUnavailable, after which the same
call with the same key finds out what happened.
"""

import json
from dataclasses import asdict
from typing import Any
from uuid import UUID

from limelight.data import system
from limelight.money import queries
from limelight.money.events import CheckoutEvent, DisputeEvent, RefundEvent
from limelight.money.once import Once, Receipt
from limelight.schema import CallId, Coins, ShowId, StreamId, UserId

type Stored = dict[str, Any]


def gift(
    sender_id: UserId, stream_id: StreamId, gift_id: UUID, quantity: int, once: Once
) -> Receipt[Stored]:
    """Sends `quantity` of a gift to a live stream's host.

    Answers `{stream_gift, gift, balance}`, the balance being the sender's.
    """
    return _call(
        queries.GIFT,
        once,
        sender_id=sender_id,
        stream_id=stream_id,
        gift_id=gift_id,
        quantity=quantity,
    )


def tip(
    sender_id: UserId, stream_id: StreamId, amount: Coins, message: str | None, once: Once
) -> Receipt[Stored]:
    """Sends coins to a live stream's host. Answers `{stream_tip, balance}`, the sender's."""
    return _call(
        queries.TIP, once, sender_id=sender_id, stream_id=stream_id, amount=amount, message=message
    )


def buy_ticket(buyer_id: UserId, stream_id: StreamId, once: Once) -> Receipt[Stored]:
    """Buys a ticketed stream's ticket. Answers `{ticket, balance}`, the buyer's."""
    return _call(queries.BUY_TICKET, once, buyer_id=buyer_id, stream_id=stream_id)


def unlock_message(buyer_id: UserId, message_id: UUID, once: Once) -> Receipt[Stored]:
    """Pays to read a locked message. Answers `{message, balance}`, the balance the buyer's."""
    return _call(queries.UNLOCK_MESSAGE, once, buyer_id=buyer_id, message_id=message_id)


def tip_party(
    sender_id: UserId, conversation_id: UUID, amount: Coins, content: str | None, once: Once
) -> Receipt[Stored]:
    """Tips the other party of a conversation. Answers `{message, balance}`, the balance being the
    sender's."""
    return _call(
        queries.TIP_PARTY,
        once,
        sender_id=sender_id,
        conversation_id=conversation_id,
        amount=amount,
        content=content,
    )


def adjust(
    admin_id: UserId, owner_id: UUID, amount: Coins, reason: str, once: Once
) -> Receipt[Stored]:
    """Gives (positive) or takes (negative) promotional coins, with an audit row.

    Answers `{transfer_id, user_id, amount, balance}`, the balance being the owner's.
    """
    return _call(
        queries.ADJUST, once, admin_id=admin_id, owner_id=owner_id, amount=amount, reason=reason
    )


def request_payout(owner_id: UserId, amount: Coins, once: Once) -> Receipt[Stored]:
    """Moves coins to payout clearing. Answers `{payout, balance}`."""
    return _call(queries.REQUEST_PAYOUT, once, owner_id=owner_id, amount=amount)


def close_payout(admin_id: UserId, payout_id: UUID, once: Once, *, settle: bool) -> Receipt[Stored]:
    """Settles a payout, or returns its coins, once. Answers `{payout}`."""
    return _call(queries.CLOSE_PAYOUT, once, admin_id=admin_id, payout_id=payout_id, settle=settle)


def open_purchase(buyer_id: UserId, package_id: UUID, once: Once) -> Stored:
    """The purchase behind a checkout: `{id, coins, price_cents, currency, response}`.

    The same key finds the same purchase; `response` is null until `attach_checkout`.
    """
    return _row(
        queries.OPEN_PURCHASE,
        buyer_id=buyer_id,
        package_id=package_id,
        key=once.key,
        payload_hash=once.payload_hash,
    )


def attach_checkout(purchase_id: UUID, session_id: str, response: Stored) -> Stored:
    """Stores the answer of a checkout; the first one stays and is answered."""
    stored: Stored = _row(
        queries.ATTACH_CHECKOUT,
        purchase_id=purchase_id,
        session_id=session_id,
        response=json.dumps(response),
    )["response"]
    return stored


def apply_checkout(event: CheckoutEvent, request_id: str) -> str:
    """Applies what Stripe says of a checkout session, once; answers the event's outcome."""
    return _outcome(queries.APPLY_CHECKOUT, request_id=request_id, **asdict(event))


def apply_refund(event: RefundEvent, request_id: str) -> str:
    """Takes back the coins of what was refunded, once; answers the event's outcome.

    Fails with `payment_not_settled` when the payment is not known to be paid.
    """
    return _outcome(queries.APPLY_REFUND, request_id=request_id, **asdict(event))


def apply_dispute(event: DisputeEvent, request_id: str) -> str:
    """Takes back the coins of what is disputed, or gives them back, once; as `apply_refund`."""
    return _outcome(queries.APPLY_DISPUTE, request_id=request_id, **asdict(event))


def ignore_event(event_id: str, event_type: str) -> str:
    """Notes an event that moves nothing, once."""
    return _outcome(queries.IGNORE_EVENT, event_id=event_id, event_type=event_type)


def request_call(
    fan_id: UserId, creator_id: UUID, estimated_minutes: int | None, once: Once
) -> Receipt[Stored]:
    """Opens a call and sets aside what it is expected to cost.

    Answers `{call, held, available_balance}`, the balance being the fan's.
    """
    return _call(
        queries.REQUEST_CALL,
        once,
        fan_id=fan_id,
        creator_id=creator_id,
        estimated_minutes=estimated_minutes,
    )


def reject_call(call_id: CallId, caller_id: UserId, once: Once) -> Receipt[Stored]:
    """Gives back what a pending call set aside. Answers the call; so do the next two."""
    return _call(queries.REJECT_CALL, once, call_id=call_id, caller_id=caller_id)


def cancel_call(call_id: CallId, caller_id: UserId, once: Once) -> Receipt[Stored]:
    """Gives back what a call that has not started set aside."""
    return _call(queries.CANCEL_CALL, once, call_id=call_id, caller_id=caller_id)


def end_call(call_id: CallId, caller_id: UserId, once: Once) -> Receipt[Stored]:
    """Bills an active call, once whoever asks how often; cancels one that never started."""
    return _call(queries.END_CALL, once, call_id=call_id, caller_id=caller_id)


def expire_call(call_id: CallId, request_id: str) -> bool:
    """Closes a call that is overdue; False when there was nothing to close."""
    return bool(_row(queries.EXPIRE_CALL, call_id=call_id, request_id=request_id)["done"])


def extend_call(call_id: CallId, request_id: str) -> bool:
    """Covers an active call for the next minute, or ends it; False when it needed neither."""
    return bool(_row(queries.EXTEND_CALL, call_id=call_id, request_id=request_id)["done"])


def buy_show_ticket(buyer_id: UserId, show_id: ShowId, once: Once) -> Receipt[Stored]:
    """Sells a ticket of a show, its coins into escrow. Answers `{ticket, balance}`."""
    return _call(queries.BUY_SHOW_TICKET, once, buyer_id=buyer_id, show_id=show_id)


def cancel_show(caller_id: UserId, show_id: ShowId, once: Once) -> Receipt[Stored]:
    """Cancels a show and refunds its tickets out of escrow.

    Answers `{show_id, status, cancelled_at, tickets_refunded, coins_refunded}`.
    """
    return _call(queries.CANCEL_SHOW, once, caller_id=caller_id, show_id=show_id)


def end_show(caller_id: UserId, show_id: ShowId, once: Once) -> Receipt[Stored]:
    """Ends a show and pays its creator out of escrow.

    Answers `{show_id, status, started_at, ended_at, duration_seconds, tickets_sold,
    tickets_refunded, revenue, platform_fee, earnings}`.
    """
    return _call(queries.END_SHOW, once, caller_id=caller_id, show_id=show_id)


def settle_overdue_show(show_id: ShowId) -> bool:
    """Cancels or ends a show whose time is over; False when somebody else just has."""
    return bool(_done(queries.SETTLE_OVERDUE_SHOW, show_id=show_id))


def enforce_suspension(user_id: UserId, batch: int) -> int:
    """Closes some of what an account that was shut out has open: bills calls, refunds tickets.

    Answers how much, 0 when nothing is left or when another run is at it.
    """
    return _done(queries.ENFORCE_SUSPENSION, user_id=user_id, batch=batch)


def release_due_holds(batch: int) -> int:
    """Releases expired holds; answers how many."""
    return len(system.fetch_all(queries.RELEASE_DUE_HOLDS, {"batch": batch}))


def fold_pending(batch: int) -> int:
    """Folds the pending credits of the wallets that have most; answers how many wallets."""
    return _done(queries.FOLD_PENDING, batch=batch)


def purge_keys(batch: int) -> int:
    """Forgets answers to keys older than two days; answers how many."""
    return _done(queries.PURGE_KEYS, batch=batch)


def reconcile() -> int:
    """Checks every invariant over every wallet; answers how many are broken, none when sound.

    It reads the whole ledger and takes its time, up to the invocation's deadline.
    """
    with system.transaction() as books:
        books.execute(queries.TAKE_TIME)
        row = books.fetch_one(queries.RECONCILE)
    if row is None:
        raise RuntimeError("the reconciliation answered nothing")
    return int(row["done"])


def _call(query: system.Query, once: Once, **params: object) -> Receipt[Stored]:
    row = _row(query, **params, **asdict(once))
    return Receipt(row["response"], row["replayed"])


def _outcome(query: system.Query, **params: object) -> str:
    return str(_row(query, **params)["outcome"])


def _done(query: system.Query, **params: object) -> int:
    return int(_row(query, **params)["done"])


def _row(query: system.Query, **params: object) -> Stored:
    row = system.fetch_one(query, params)
    if row is None:
        raise RuntimeError(f"{query.name} answered nothing")
    return row
