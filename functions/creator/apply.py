"""POST /api/creator/apply: apply to become a creator."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.people import service
from limelight.people.models import Application, ApplicationRequest

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Creators",
    why="one row inserted; a policy lets fans alone apply, an index one at a time",
)


@router.post("/api/creator/apply", status_code=201)
def apply(body: ApplicationRequest, caller: Caller) -> Application:
    return service.apply(caller.token, caller.role, body)


handler = lambda_handler(router)
