"""GET /api/messages/unread-count: how many messages the caller has not read."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import UnreadCount

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="a sum over conversations with something unread; no message row is touched",
)


@router.get("/api/messages/unread-count")
def unread_count(caller: Caller) -> UnreadCount:
    return service.unread_count(caller.token)


handler = lambda_handler(router)
