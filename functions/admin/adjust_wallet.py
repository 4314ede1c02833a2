"""POST /api/admin/wallets/{userId}/adjust: a promo or a correction."""

from limelight.http import Caller, Endpoint, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import UserIdPath
from limelight.wallet import service
from limelight.wallet.models import Adjusted, Adjustment

router = Endpoint(
    Pattern.MONEY,
    Who.ADMIN,
    tag="Admin desk",
    why="coins move between a wallet and the promo account, with an audit row",
)


@router.post("/api/admin/wallets/{userId}/adjust", status_code=201)
def adjust_wallet(
    user_id: UserIdPath, body: Adjustment, caller: Caller, payment: Payment
) -> Adjusted:
    return payment.answer(service.adjust(caller.user_id, user_id, body, payment.once))


handler = lambda_handler(router)
