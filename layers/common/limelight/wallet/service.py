"""The wallet: reads through SQL, movements through the ledger."""

from typing import Final
from uuid import UUID

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
    Transaction,
    Transactions,
)

NEWEST_FIRST: Final = Keyset("wallet.transactions", tuple[Int64])


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
