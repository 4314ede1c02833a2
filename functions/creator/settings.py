"""GET /api/creator/settings: the caller's settings as a creator."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import CreatorSettings

router = Endpoint(
    Pattern.REST,
    Who.CREATOR,
    tag="Creators",
    why="the creator's own row; row-level security says which",
)


@router.get("/api/creator/settings")
def settings(caller: Caller) -> CreatorSettings:
    return service.creator_settings(caller.token, caller.user_id)


handler = lambda_handler(router)
