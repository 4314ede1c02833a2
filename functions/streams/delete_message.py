"""DELETE /api/streams/{streamId}/messages/{messageId}: take a line of the chat back."""

from limelight.chat import service
from limelight.chat.models import DeletedLine
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import MessageIdPath, StreamIdPath

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="author or host, and a line that is no receipt, is asked where the line is locked",
)


@router.delete("/api/streams/{streamId}/messages/{messageId}")
def delete_message(
    stream_id: StreamIdPath, message_id: MessageIdPath, caller: Caller
) -> DeletedLine:
    return service.delete(stream_id, message_id, caller.user_id)


handler = lambda_handler(router)
