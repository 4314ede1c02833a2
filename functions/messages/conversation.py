"""GET /api/messages/conversations/{conversationId}: its messages, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.http.paths import ConversationIdPath
from limelight.messages import service
from limelight.messages.models import Messages

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call that masks what is locked before it leaves the database",
)


@router.get("/api/messages/conversations/{conversationId}")
def conversation(conversation_id: ConversationIdPath, caller: Caller, page: Page) -> Messages:
    return service.messages(caller.token, conversation_id, page)


handler = lambda_handler(router)
