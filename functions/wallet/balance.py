"""GET /api/wallet/balance: what the caller's wallet holds."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.wallet import service
from limelight.wallet.models import Balance

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Wallet and coins",
    why="an aggregate: the wallet's row and the credits not yet folded into it",
)


@router.get("/api/wallet/balance")
def balance(caller: Caller) -> Balance:
    return service.balance(caller.user_id)


handler = lambda_handler(router)
