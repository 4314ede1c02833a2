"""POST /api/admin/payouts/{payoutId}/settle: a payout was sent to the creator."""

from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import PayoutIdPath
from limelight.wallet import service
from limelight.wallet.models import PayoutClosed

router = Endpoint(Pattern.MONEY, Who.ADMIN, tag="Admin desk", why="coins leave payout clearing")


@router.post("/api/admin/payouts/{payoutId}/settle")
def settle_payout(payout_id: PayoutIdPath, caller: Caller, payment: Payment) -> PayoutClosed:
    return payment.answer(
        service.close_payout(caller.user_id, payout_id, payment.once, settle=True)
    )


handler = lambda_handler(router)
