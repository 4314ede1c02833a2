"""POST /api/follow/{userId}: follow a user."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import UserIdPath
from limelight.relations import service
from limelight.relations.models import Following

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Follow",
    why="one row added by its owner; a trigger refuses blocks and counts both sides",
)


@router.post("/api/follow/{userId}", status_code=201)
def follow(user_id: UserIdPath, caller: Caller) -> Following:
    return service.follow(caller.token, user_id)


handler = lambda_handler(router)
