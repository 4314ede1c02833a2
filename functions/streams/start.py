"""POST /api/streams/{streamId}/start: a scheduled stream goes live."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import StreamDetail

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="guarded by the status, against the index of one live stream, figures in the same call",
)


@router.post("/api/streams/{streamId}/start")
def start(stream_id: StreamIdPath, caller: Caller) -> StreamDetail:
    return service.start(stream_id, caller.user_id)


handler = lambda_handler(router)
