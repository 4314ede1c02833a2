"""POST /api/streams/{streamId}/viewer-heartbeat: the viewer is still there."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import Watching

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="the access rule, the viewer's row and the count change in one call",
)


@router.post("/api/streams/{streamId}/viewer-heartbeat")
def viewer_heartbeat(stream_id: StreamIdPath, caller: Caller) -> Watching:
    return service.see_viewer(stream_id, caller.user_id)


handler = lambda_handler(router)
