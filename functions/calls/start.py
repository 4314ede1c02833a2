"""POST /api/calls/{callId}/start: the caller is in the room."""

from limelight.calls import service
from limelight.calls.models import Call
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import CallIdPath

router = Endpoint(
    Pattern.SQL,
    Who.PARTY,
    tag="Calls",
    why="the second of two parties to come starts the clock, under the call's lock",
)


@router.post("/api/calls/{callId}/start")
def start(call_id: CallIdPath, caller: Caller) -> Call:
    return service.start(call_id, caller.user_id)


handler = lambda_handler(router)
