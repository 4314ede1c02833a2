"""GET /api/calls/{callId}/token: a token that opens the call's room."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import CallIdPath
from limelight.rooms import service
from limelight.rooms.models import RoomPass

router = Endpoint(
    Pattern.SQL,
    Who.PARTY,
    tag="Calls",
    why="whoever may enter is decided beside the call and its clock, in one round trip",
)


@router.get("/api/calls/{callId}/token")
def token(call_id: CallIdPath, caller: Caller) -> RoomPass:
    return service.enter_call(call_id, caller.user_id)


handler = lambda_handler(router)
