"""GET /api/streams/{streamId}: one stream."""

from limelight.http import Endpoint, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import StreamDetail

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule, three tables joined and a sum, in one round trip",
)


@router.get("/api/streams/{streamId}")
def get(stream_id: StreamIdPath, visitor: Visitor) -> StreamDetail:
    return service.get(stream_id, visitor)


handler = lambda_handler(router)
