"""GET /api/streams/{streamId}/leaderboard: top supporters by coins."""

from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import Leaderboard

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule, then a join along the index by coins",
)


@router.get("/api/streams/{streamId}/leaderboard")
def leaderboard(stream_id: StreamIdPath, visitor: Visitor, page: Page) -> Leaderboard:
    return service.leaderboard(stream_id, visitor, page)


handler = lambda_handler(router)
