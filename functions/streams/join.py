"""POST /api/streams/{streamId}/join: start or go on watching a live stream."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import Watching

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="the access rule, the viewer's row and the count under a lock of its own, in one call",
)


@router.post("/api/streams/{streamId}/join")
def join(stream_id: StreamIdPath, caller: Caller) -> Watching:
    return service.join(stream_id, caller.user_id)


handler = lambda_handler(router)
