"""POST /api/shows/{showId}/start: go live."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ShowDetail

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Shows",
    why="the transition is taken under the lock that a cancellation takes",
)


@router.post("/api/shows/{showId}/start")
def start(show_id: ShowIdPath, caller: Caller) -> ShowDetail:
    return service.start(show_id, caller.user_id)


handler = lambda_handler(router)
