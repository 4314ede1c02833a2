"""DELETE /api/follow/{userId}: follow a user no longer."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import UserIdPath
from limelight.relations import service
from limelight.relations.models import Following

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Follow",
    why="one row removed by its owner; a trigger counts both sides",
)


@router.delete("/api/follow/{userId}")
def unfollow(user_id: UserIdPath, caller: Caller) -> Following:
    return service.unfollow(caller.token, caller.user_id, user_id)


handler = lambda_handler(router)
