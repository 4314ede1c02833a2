"""GET /api/profile/{username}/following: whom a user follows, newest first."""

from limelight.discovery import service
from limelight.discovery.models import FollowCards
from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import UsernamePath

router = Endpoint(
    Pattern.SQL,
    Who.PUBLIC,
    tag="Discovery",
    why="edges joined to profiles along the index of whom they come from",
)


@router.get("/api/profile/{username}/following")
def following(username: UsernamePath, visitor: Visitor, page: Page) -> FollowCards:
    return service.following(username, visitor, page)


handler = lambda_handler(router)
