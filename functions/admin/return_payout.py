"""POST /api/admin/payouts/{payoutId}/return: give a payout's coins back."""

from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import PayoutIdPath
from limelight.wallet import service
from limelight.wallet.models import PayoutClosed

router = Endpoint(
    Pattern.MONEY, Who.ADMIN, tag="Admin desk", why="coins go back from payout clearing"
)


@router.post("/api/admin/payouts/{payoutId}/return")
def return_payout(payout_id: PayoutIdPath, caller: Caller, payment: Payment) -> PayoutClosed:
    return payment.answer(
        service.close_payout(caller.user_id, payout_id, payment.once, settle=False)
    )


handler = lambda_handler(router)
