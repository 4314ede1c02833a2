"""POST /api/streams/{streamId}/gift: send a gift to the host."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import GiftRequest, GiftSent

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Streams",
    why="coins, gift, chat line, supporter total, goals and event in one transaction",
    limit=Limit.GIFT,
)


@router.post("/api/streams/{streamId}/gift", status_code=201)
def gift(stream_id: StreamIdPath, body: GiftRequest, caller: Caller, payment: Payment) -> GiftSent:
    return payment.answer(service.gift(stream_id, caller.user_id, body, payment.once))


handler = lambda_handler(router)
