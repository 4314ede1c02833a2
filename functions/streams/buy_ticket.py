"""POST /api/streams/{streamId}/ticket: buy the ticket of a ticketed stream, once."""

from limelight.http import Caller, Endpoint, Limit, Pattern, Payment, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import TicketBought

router = Endpoint(
    Pattern.MONEY,
    Who.USER,
    tag="Streams",
    why="coins and ticket in one transaction, at a price that cannot change meanwhile",
    limit=Limit.STREAM_TICKET,
)


@router.post("/api/streams/{streamId}/ticket", status_code=201)
def buy_ticket(stream_id: StreamIdPath, caller: Caller, payment: Payment) -> TicketBought:
    return payment.answer(service.buy_ticket(stream_id, caller.user_id, payment.once))


handler = lambda_handler(router)
