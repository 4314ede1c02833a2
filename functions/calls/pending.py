"""GET /api/calls/pending: the calls that wait for the creator."""

from limelight.calls import service
from limelight.calls.models import PendingCalls
from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Calls",
    why="the creator's queue along an index, joined with both profiles, by the server's clock",
)


@router.get("/api/calls/pending")
def pending(caller: Caller, page: Page) -> PendingCalls:
    return service.pending(caller.user_id, page)


handler = lambda_handler(router)
