"""POST /api/streams/{streamId}/leave: stop watching."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import Watching

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="the viewer's row and the count change together",
)


@router.post("/api/streams/{streamId}/leave")
def leave(stream_id: StreamIdPath, caller: Caller) -> Watching:
    return service.leave(stream_id, caller.user_id)


handler = lambda_handler(router)
