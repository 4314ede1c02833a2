"""GET /api/wallet/transactions: the caller's ledger, newest first."""

from typing import Annotated

from fastapi import Query

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.wallet import service
from limelight.wallet.models import EntryType, Transactions

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Wallet and coins",
    why="three tables joined along the index by wallet",
)


@router.get("/api/wallet/transactions")
def transactions(
    caller: Caller,
    page: Page,
    kind: Annotated[EntryType | None, Query(alias="type", description="Of one type.")] = None,
) -> Transactions:
    return service.transactions(caller.user_id, kind, page)


handler = lambda_handler(router)
