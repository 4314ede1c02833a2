"""POST /api/calls/{callId}/accept: take a pending call."""

from limelight.calls import service
from limelight.calls.models import Call
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import CallIdPath

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Calls",
    why="the call is locked and moved by the table of transitions in one call",
)


@router.post("/api/calls/{callId}/accept")
def accept(call_id: CallIdPath, caller: Caller) -> Call:
    return service.accept(call_id, caller.user_id)


handler = lambda_handler(router)
