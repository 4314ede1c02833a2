"""GET /api/shows/{showId}: one show."""

from limelight.http import Endpoint, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ShowDetail

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Shows",
    why="the access rule, the show and the caller's own ticket in one round trip",
)


@router.get("/api/shows/{showId}")
def get(show_id: ShowIdPath, visitor: Visitor) -> ShowDetail:
    return service.get(show_id, visitor)


handler = lambda_handler(router)
