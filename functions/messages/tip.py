"""POST /api/messages/tip: tip the other party of a conversation."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.paid_messages import service
from limelight.paid_messages.models import PartyTipped, PartyTipRequest

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Messages",
    why="coins, message, preview and unread count in one transaction",
    limit=Limit.DM_TIP,
)


@router.post("/api/messages/tip", status_code=201)
def tip(body: PartyTipRequest, caller: Caller, payment: Payment) -> PartyTipped:
    return payment.answer(service.tip(caller.user_id, body, payment.once))


handler = lambda_handler(router)
