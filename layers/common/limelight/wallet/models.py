"""What the wallet endpoints take and answer."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from limelight.schema import Coins, Input, JsonObject, Line, Output, Timestamp, WholeNumber, example

EntryType = Literal[
    "purchase",
    "gift",
    "stream_tip",
    "stream_ticket",
    "call_charge",
    "call_earnings",
    "show_ticket",
    "show_earnings",
    "message_unlock",
    "dm_tip",
    "refund",
    "dispute",
    "payout",
    "payout_return",
    "promo_credit",
    "adjustment",
    "platform_fee",
]
"""The ledger's types (migration `ledger`, entries.type)."""

MAX_ADJUSTMENT: Final = 1_000_000_000
"""Coins: what one adjustment may move at most."""


_TRANSACTION: Final[JsonObject] = {
    "transferId": "6f2c1f0e-5a0e-4c39-8a43-3f6f1f7f6a01",
    "type": "gift",
    "amount": -15,
    "description": "Star",
    "subjectType": "stream",
    "subjectId": "9b3ce1f2-7d1c-4b7e-9f26-0d52a8a4c001",
    "createdAt": "2026-01-15T20:15:00Z",
}


MIN_PAYOUT: Final = 100
"""Coins: ten dollars."""
MAX_PAYOUT: Final = 1_000_000_000

_PAYOUT: Final[JsonObject] = {
    "id": "3d7f9b7e-6d21-4ab4-8b43-5a0c3d8ff001",
    "userId": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11",
    "amount": 1500,
    "usdCents": 15000,
    "status": "requested",
    "requestedAt": "2026-01-15T20:15:00Z",
    "closedAt": None,
}


def _not_zero(amount: Coins) -> Coins:
    if amount == 0:
        raise ValueError("An adjustment of zero moves nothing")
    return amount


class Balance(Output):
    """What the caller's wallet holds, in coins. `availableBalance` is what can be spent."""

    model_config = example(balance=120, heldBalance=20, availableBalance=100)

    balance: Coins
    held_balance: Coins
    available_balance: Coins


class Transaction(Output):
    """One entry of the caller's ledger; `amount` is negative where coins left the wallet."""

    model_config = example(**_TRANSACTION)

    transfer_id: UUID
    type: EntryType
    amount: Coins
    description: str | None
    subject_type: str
    subject_id: UUID
    created_at: Timestamp


class Transactions(Output):
    """A page of the caller's ledger, newest first."""

    model_config = example(transactions=[_TRANSACTION], nextCursor=None)

    transactions: list[Transaction]
    next_cursor: str | None


class Adjustment(Input):
    """A promo (positive) or a correction (negative), in whole coins."""

    model_config = example(amount=500, reason="Launch-week promotion")

    amount: Annotated[
        WholeNumber, Field(ge=-MAX_ADJUSTMENT, le=MAX_ADJUSTMENT), AfterValidator(_not_zero)
    ]
    reason: Annotated[Line, Field(max_length=500)]


class Adjusted(Output):
    """An adjustment as posted, and the owner's balance after it."""

    model_config = example(
        transferId="6f2c1f0e-5a0e-4c39-8a43-3f6f1f7f6a01",
        userId="4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11",
        amount=500,
        balance=620,
    )

    transfer_id: UUID
    user_id: UUID
    amount: Coins
    balance: Coins


class PayoutRequest(Input):
    """Coins to be paid out, at ten a dollar."""

    model_config = example(amount=1500)

    amount: Annotated[WholeNumber, Field(ge=MIN_PAYOUT, le=MAX_PAYOUT)]


class Payout(Output):
    """A payout as it stands: coins, and the cents they stand for."""

    model_config = example(**_PAYOUT)

    id: UUID
    user_id: UUID
    amount: Coins
    usd_cents: int
    status: Literal["requested", "settled", "returned"]
    requested_at: Timestamp
    closed_at: Timestamp | None


class PayoutRequested(Output):
    """A payout as requested, and the balance after it."""

    model_config = example(payout=_PAYOUT, balance=120)

    payout: Payout
    balance: Coins


class PayoutClosed(Output):
    """A payout as closed."""

    model_config = example(
        payout=_PAYOUT | {"status": "settled", "closedAt": "2026-01-16T09:00:00Z"}
    )

    payout: Payout


class Payouts(Output):
    """A page of the caller's payouts, newest first."""

    model_config = example(payouts=[_PAYOUT], nextCursor=None)

    payouts: list[Payout]
    next_cursor: str | None
