"""POST /api/user/update-profile: change the fields sent, and no others."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import OwnProfile, ProfileUpdate

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Auth and user",
    why="one row changed by its owner; column grants say what can be changed",
)


@router.post("/api/user/update-profile")
def update_profile(body: ProfileUpdate, caller: Caller) -> OwnProfile:
    return service.update_profile(caller.token, caller.user_id, body)


handler = lambda_handler(router)
