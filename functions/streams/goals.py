"""GET /api/streams/{streamId}/goals: the stream's goals, newest first."""

from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import Goals

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule, then goals along their index with what was given since",
)


@router.get("/api/streams/{streamId}/goals")
def goals(stream_id: StreamIdPath, visitor: Visitor, page: Page) -> Goals:
    return service.goals(stream_id, visitor, page)


handler = lambda_handler(router)
