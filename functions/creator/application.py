"""GET /api/creator/apply: the caller's latest application."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import LatestApplication

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Creators",
    why="one row of the caller's own: the newest application",
)


@router.get("/api/creator/apply")
def application(caller: Caller) -> LatestApplication:
    return service.latest_application(caller.token, caller.user_id)


handler = lambda_handler(router)
