"""POST /api/streams/{streamId}/slow-mode: set the pace of the chat."""

from limelight.chat import service
from limelight.chat.models import SlowMode, SlowModeRequest
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="the owner is checked, the pace set and listeners told in one transaction",
)


@router.post("/api/streams/{streamId}/slow-mode")
def slow_mode(stream_id: StreamIdPath, body: SlowModeRequest, caller: Caller) -> SlowMode:
    return service.slow_down(stream_id, caller.user_id, body)


handler = lambda_handler(router)
