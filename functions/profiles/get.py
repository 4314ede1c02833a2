"""GET /api/profile/{username}: what anybody may see of a user."""

from limelight.discovery import service
from limelight.discovery.models import Profile
from limelight.http import Endpoint, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import UsernamePath

router = Endpoint(
    Pattern.SQL,
    Who.PUBLIC,
    tag="Discovery",
    why="seven tables in one round trip, and how the caller stands to the user",
)


@router.get("/api/profile/{username}")
def get(username: UsernamePath, visitor: Visitor) -> Profile:
    return service.profile(username, visitor)


handler = lambda_handler(router)
