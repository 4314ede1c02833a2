"""The only door to the ledger: every movement of coins is one of these calls.

Amounts are whole coins. Each call raises DataError with a business code (`insufficient_balance`,
`idempotency_key_reused`, …) and then has moved nothing, or DataUnavailable, after which the same
call with the same key finds out what happened.
"""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from limelight.data import system
from limelight.money import queries
from limelight.money.once import Once, Receipt
from limelight.schema import Coins, StreamId, UserId

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


def adjust(
    admin_id: UserId, owner_id: UUID, amount: Coins, reason: str, once: Once
) -> Receipt[Stored]:
    """Gives (positive) or takes (negative) promotional coins, with an audit row.

    Answers `{transfer_id, user_id, amount, balance}`, the balance being the owner's.
    """
    return _call(
        queries.ADJUST, once, admin_id=admin_id, owner_id=owner_id, amount=amount, reason=reason
    )


def _call(query: system.Query, once: Once, **params: object) -> Receipt[Stored]:
    row = system.fetch_one(query, params | asdict(once))
    if row is None:
        raise RuntimeError(f"{query.name} answered nothing")
    return Receipt(row["response"], row["replayed"])
