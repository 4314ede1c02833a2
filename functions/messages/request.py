"""POST /api/messages/requests: ask to write to somebody."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import Introduction, IntroductionRequest

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call; an index lets one request of a pair be open",
)


@router.post("/api/messages/requests", status_code=201)
def request(body: IntroductionRequest, caller: Caller) -> Introduction:
    return service.request(caller.token, body)


handler = lambda_handler(router)
