"""GET /api/calls/history: the caller's calls on either side."""

from limelight.calls import service
from limelight.calls.models import Calls
from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Calls",
    why="the newest of two indexes, one for each side, joined with both profiles",
)


@router.get("/api/calls/history")
def history(caller: Caller, page: Page) -> Calls:
    return service.history(caller.user_id, page)


handler = lambda_handler(router)
