"""POST /api/streams/{streamId}/message: write to the chat of a live stream."""

from limelight.chat import service
from limelight.chat.models import ChatLine, MessageRequest
from limelight.http import Caller, Endpoint, Limit, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="access, ban, timeout and slow mode are asked, and line and event written, in one turn",
    limit=Limit.CHAT,
)


@router.post("/api/streams/{streamId}/message", status_code=201)
def message(stream_id: StreamIdPath, body: MessageRequest, caller: Caller) -> ChatLine:
    return service.say(stream_id, caller.user_id, body)


handler = lambda_handler(router)
