"""GET /api/calls/{callId}: one call."""

from limelight.calls import service
from limelight.calls.models import Call
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import CallIdPath

router = Endpoint(
    Pattern.SQL,
    Who.PARTY,
    tag="Calls",
    why="a call joined with both profiles, for its parties",
)


@router.get("/api/calls/{callId}")
def get(call_id: CallIdPath, caller: Caller) -> Call:
    return service.get(call_id, caller.user_id)


handler = lambda_handler(router)
