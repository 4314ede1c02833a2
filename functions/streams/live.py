"""GET /api/streams/live: the live streams, most viewers first."""

from fastapi import Response

from limelight.http import Endpoint, Page, Pattern, Who, lambda_handler
from limelight.streams import service
from limelight.streams.models import LiveStreams

router = Endpoint(
    Pattern.SQL,
    Who.PUBLIC,
    tag="Streams",
    why="four tables joined, ranked by viewers along a partial index",
)


@router.get("/api/streams/live")
def live(page: Page, response: Response) -> LiveStreams:
    response.headers["Cache-Control"] = "public, max-age=3"
    return service.live(page)


handler = lambda_handler(router)
