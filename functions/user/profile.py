"""GET /api/user/profile: the caller's account."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import OwnProfile

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Auth and user",
    why="the caller's own row with its profile; row-level security says which",
)


@router.get("/api/user/profile")
def profile(caller: Caller) -> OwnProfile:
    return service.own_profile(caller.token, caller.user_id)


handler = lambda_handler(router)
