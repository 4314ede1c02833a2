"""GET /api/streams/{streamId}/messages: the chat, newest first."""

from limelight.chat import service
from limelight.chat.models import Chat
from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule, then a join along the index by time",
)


@router.get("/api/streams/{streamId}/messages")
def messages(stream_id: StreamIdPath, visitor: Visitor, page: Page) -> Chat:
    return service.messages(stream_id, visitor, page)


handler = lambda_handler(router)
