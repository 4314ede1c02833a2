"""GET /api/wallet/payouts: the caller's payouts, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.wallet import service
from limelight.wallet.models import Payouts

router = Endpoint(
    Pattern.SQL, Who.USER, tag="Wallet and coins", why="keyset pages on an index of its own"
)


@router.get("/api/wallet/payouts")
def payouts(caller: Caller, page: Page) -> Payouts:
    return service.payouts(caller.user_id, page)


handler = lambda_handler(router)
