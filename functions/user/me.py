"""GET /api/user/me: the caller's account with its wallet."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import Me

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Auth and user",
    why="the caller's own row with two embedded ones; row-level security says which",
)


@router.get("/api/user/me")
def me(caller: Caller) -> Me:
    return service.me(caller.token, caller.user_id)


handler = lambda_handler(router)
