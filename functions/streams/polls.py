"""GET /api/streams/{streamId}/polls: the polls, newest first."""

from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.polls import service
from limelight.polls.models import Polls

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule, then figures and own votes along the index by time",
)


@router.get("/api/streams/{streamId}/polls")
def polls(stream_id: StreamIdPath, visitor: Visitor, page: Page) -> Polls:
    return service.polls(stream_id, visitor, page)


handler = lambda_handler(router)
