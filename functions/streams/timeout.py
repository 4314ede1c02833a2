"""POST /api/streams/{streamId}/timeout: keep a viewer from writing for a while."""

from limelight.chat import service
from limelight.chat.models import Timeout, TimeoutRequest
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="written in turn with the lines of the viewer, in one call",
)


@router.post("/api/streams/{streamId}/timeout")
def timeout(stream_id: StreamIdPath, body: TimeoutRequest, caller: Caller) -> Timeout:
    return service.time_out(stream_id, caller.user_id, body)


handler = lambda_handler(router)
