"""POST /api/messages/mark-read: the caller has read a conversation."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import ConversationRead, ReadRequest

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one counter set to zero by one of the two it belongs to",
)


@router.post("/api/messages/mark-read")
def mark_read(body: ReadRequest, caller: Caller) -> ConversationRead:
    return service.mark_read(caller.token, body.conversation_id)


handler = lambda_handler(router)
