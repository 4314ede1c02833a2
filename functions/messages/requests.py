"""GET /api/messages/requests: the requests that wait for the caller, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.messages import service
from limelight.messages.models import Introductions

router = Endpoint(
    Pattern.REST,
    Who.USER,
    tag="Messages",
    why="one call along the index of what a user has received and not answered",
)


@router.get("/api/messages/requests")
def requests(caller: Caller, page: Page) -> Introductions:
    return service.requests(caller.token, page)


handler = lambda_handler(router)
