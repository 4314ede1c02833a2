"""GET /api/streams/{streamId}/ticket: whether the caller has the stream's ticket."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import TicketHeld

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="one statement: the access rule, the price and the ticket",
)


@router.get("/api/streams/{streamId}/ticket")
def ticket(stream_id: StreamIdPath, caller: Caller) -> TicketHeld:
    return service.ticket(stream_id, caller.user_id)


handler = lambda_handler(router)
