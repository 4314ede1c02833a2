"""GET /api/profile/{username}/followers: who follows a user, newest first."""

from limelight.discovery import service
from limelight.discovery.models import FollowCards
from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import UsernamePath

router = Endpoint(
    Pattern.SQL,
    Who.PUBLIC,
    tag="Discovery",
    why="edges joined to profiles along the index of whom they lead to",
)


@router.get("/api/profile/{username}/followers")
def followers(username: UsernamePath, visitor: Visitor, page: Page) -> FollowCards:
    return service.followers(username, visitor, page)


handler = lambda_handler(router)
