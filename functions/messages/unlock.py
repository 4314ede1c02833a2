"""POST /api/messages/{messageId}/unlock: pay to read a locked message."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import MessageIdPath
from limelight.paid_messages import service
from limelight.paid_messages.models import Unlocked

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Messages",
    why="coins and the right to read in one transaction",
    limit=Limit.UNLOCK,
)


@router.post("/api/messages/{messageId}/unlock", status_code=201)
def unlock(message_id: MessageIdPath, caller: Caller, payment: Payment) -> Unlocked:
    return payment.answer(service.unlock(message_id, caller.user_id, payment.once))


handler = lambda_handler(router)
