"""POST /api/wallet/payouts/request: ask for coins to be paid out."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.wallet import service
from limelight.wallet.models import PayoutRequest, PayoutRequested

router = Endpoint(
    Pattern.MONEY,
    Who.CREATOR,
    tag="Wallet and coins",
    why="coins move to payout clearing",
    limit=Limit.PAYOUT,
)


@router.post("/api/wallet/payouts/request", status_code=201)
def request_payout(body: PayoutRequest, caller: Caller, payment: Payment) -> PayoutRequested:
    return payment.answer(service.request_payout(caller.user_id, body, payment.once))


handler = lambda_handler(router)
