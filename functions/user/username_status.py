"""GET /api/user/update-username: whether the user name can be changed."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import UsernameStatus

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Auth and user",
    why="one call over the caller's own changes",
)


@router.get("/api/user/update-username")
def username_status(caller: Caller) -> UsernameStatus:
    return service.username_status(caller.token)


handler = lambda_handler(router)
