"""GET /api/streams/stats: what the caller's streams came to."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.streams import service
from limelight.streams.models import StreamStats

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Streams",
    why="kept totals, what is not in them yet, and averages of the last streams in one statement",
)


@router.get("/api/streams/stats")
def stats(caller: Caller) -> StreamStats:
    return service.stats(caller.user_id)


handler = lambda_handler(router)
