"""GET /api/streams/{streamId}/viewers: who is watching, the latest to come first."""

from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import Viewers

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule, then profiles joined along the index of those who watch",
)


@router.get("/api/streams/{streamId}/viewers")
def viewers(stream_id: StreamIdPath, visitor: Visitor, page: Page) -> Viewers:
    return service.audience(stream_id, visitor, page)


handler = lambda_handler(router)
