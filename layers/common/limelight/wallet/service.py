"""The wallet: reads through SQL, movements through the ledger."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data import system
from limelight.errors import Problem
from limelight.money import ledger
from limelight.money.once import Once, Receipt
from limelight.paging import Int64, Keyset, PageRequest
from limelight.schema import UserId
from limelight.wallet import queries
from limelight.wallet.models import (
    Adjusted,
    Adjustment,
    Balance,
    EntryType,
    Payout,
    PayoutClosed,
    PayoutRequest,
    PayoutRequested,
    Payouts,
    Transaction,
    Transactions,
)

NEWEST_FIRST: Final = Keyset("wallet.transactions", tuple[Int64])
PAYOUTS_NEWEST_FIRST: Final = Keyset("wallet.payouts", tuple[AwareDatetime, UUID])

RELEASE_BATCH: Final = 1_000
FOLD_BATCH: Final = 500
PURGE_BATCH: Final = 10_000
"""What one statement of a job does at most."""


def balance(user_id: UserId) -> Balance:
    """What the user holds, exact to the last committed transfer."""
    row = system.fetch_one(queries.BALANCE, {"user_id": user_id})
    if row is None:
        raise Problem("not_found")
    return Balance.model_validate(row)


def transactions(user_id: UserId, kind: EntryType | None, page: PageRequest) -> Transactions:
    """The user's ledger entries, newest first, of one type when `kind` is given."""
    key = page.after(NEWEST_FIRST)
    rows = system.fetch_all(
        queries.TRANSACTIONS,
        {
            "user_id": user_id,
            "type": kind,
            "before_id": key[0] if key else None,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Transactions(
        transactions=[Transaction.model_validate(row) for row in shown],
        next_cursor=NEWEST_FIRST.cursor((last["entry_id"],)) if last else None,
    )


def adjust(
    admin_id: UserId, owner_id: UUID, adjustment: Adjustment, once: Once
) -> Receipt[Adjusted]:
    """Posts an admin's adjustment against the promo account, once."""
    receipt = ledger.adjust(admin_id, owner_id, adjustment.amount, adjustment.reason, once)
    return Receipt(Adjusted.model_validate(receipt.answer), receipt.replayed)


def request_payout(user_id: UserId, request: PayoutRequest, once: Once) -> Receipt[PayoutRequested]:
    """Moves the creator's coins to payout clearing, once."""
    receipt = ledger.request_payout(user_id, request.amount, once)
    return Receipt(PayoutRequested.model_validate(receipt.answer), receipt.replayed)


def close_payout(
    admin_id: UserId, payout_id: UUID, once: Once, *, settle: bool
) -> Receipt[PayoutClosed]:
    """Settles a payout, or returns its coins to the creator, once."""
    receipt = ledger.close_payout(admin_id, payout_id, once, settle=settle)
    return Receipt(PayoutClosed.model_validate(receipt.answer), receipt.replayed)


def payouts(user_id: UserId, page: PageRequest) -> Payouts:
    """The user's payouts, newest first."""
    requested_at, payout_id = page.after(PAYOUTS_NEWEST_FIRST) or (None, None)
    rows = system.fetch_all(
        queries.PAYOUTS,
        {
            "user_id": user_id,
            "requested_at": requested_at,
            "id": payout_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Payouts(
        payouts=[Payout.model_validate(row) for row in shown],
        next_cursor=PAYOUTS_NEWEST_FIRST.cursor((last["requested_at"], last["id"]))
        if last
        else None,
    )


def release_expired_holds() -> int:
    """Gives back the coins of holds that have expired; answers how many."""
    return ledger.release_due_holds(RELEASE_BATCH)


def settle_credits() -> int:
    """Folds pending credits into their wallets; answers how many wallets."""
    return ledger.fold_pending(FOLD_BATCH)


def purge_expired_keys() -> int:
    """Forgets the answers to old idempotency keys, batch by batch; answers how many."""
    purged = 0
    while batch := ledger.purge_keys(PURGE_BATCH):
        purged += batch
    return purged


def reconcile() -> int:
    """Checks every invariant of the ledger; answers how many are broken."""
    return ledger.reconcile()
