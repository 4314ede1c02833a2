"""POST /api/streams/{streamId}/tip: send coins to the host, with or without words."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import TipRequest, TipSent

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Streams",
    why="as a gift: coins, tip, chat line, totals, goals and event are written together",
    limit=Limit.TIP,
)


@router.post("/api/streams/{streamId}/tip", status_code=201)
def tip(stream_id: StreamIdPath, body: TipRequest, caller: Caller, payment: Payment) -> TipSent:
    return payment.answer(service.tip(stream_id, caller.user_id, body, payment.once))


handler = lambda_handler(router)
