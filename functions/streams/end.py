"""POST /api/streams/{streamId}/end: end the caller's stream."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import StreamDetail

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="stream, viewers, figures and outbox change together, once, in the order of the locks",
)


@router.post("/api/streams/{streamId}/end")
def end(stream_id: StreamIdPath, caller: Caller) -> StreamDetail:
    return service.end(stream_id, caller.user_id)


handler = lambda_handler(router)
