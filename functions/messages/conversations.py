"""GET /api/messages/conversations: the caller's conversations, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import Conversations

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call along two indexes; previews and counts lie in the conversations",
)


@router.get("/api/messages/conversations")
def conversations(caller: Caller, page: Page) -> Conversations:
    return service.conversations(caller.token, page)


handler = lambda_handler(router)
