"""POST /api/user/update-username: change the user name."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import UsernameRequest, UsernameStatus

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Auth and user",
    why="one call that checks the name and the cooldown and changes both rows",
)


@router.post("/api/user/update-username")
def update_username(body: UsernameRequest, caller: Caller) -> UsernameStatus:
    return service.change_username(caller.token, body.username)


handler = lambda_handler(router)
