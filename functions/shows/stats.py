"""GET /api/shows/{showId}/stats: how the caller's show sells."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ShowStats

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Shows",
    why="sums over the tickets of one show, for its owner alone",
)


@router.get("/api/shows/{showId}/stats")
def stats(show_id: ShowIdPath, caller: Caller) -> ShowStats:
    return service.stats(show_id, caller.user_id)


handler = lambda_handler(router)
