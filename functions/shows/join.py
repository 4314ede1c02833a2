"""POST /api/shows/{showId}/join: enter a live show."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.rooms import service
from limelight.rooms.models import ShowPass

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Shows",
    why="ticket, state and first check-in are settled in one call before a token is signed",
)


@router.post("/api/shows/{showId}/join")
def join(show_id: ShowIdPath, caller: Caller) -> ShowPass:
    return service.join_show(show_id, caller.user_id)


handler = lambda_handler(router)
