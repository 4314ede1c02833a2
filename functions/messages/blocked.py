"""GET /api/messages/block: whom the caller has blocked, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.relations import service
from limelight.relations.models import BlockedUsers

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="own rows with their profiles, along the index by time",
)


@router.get("/api/messages/block")
def blocked(caller: Caller, page: Page) -> BlockedUsers:
    return service.blocked(caller.token, caller.user_id, page)


handler = lambda_handler(router)
