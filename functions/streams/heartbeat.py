"""POST /api/streams/{streamId}/heartbeat: the host is still there."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import HostSeen

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="the owner is checked and the row changed, guarded by its status, in one call",
)


@router.post("/api/streams/{streamId}/heartbeat")
def heartbeat(stream_id: StreamIdPath, caller: Caller) -> HostSeen:
    return service.see_host(stream_id, caller.user_id)


handler = lambda_handler(router)
