"""GET /api/shows/{showId}/attendees: who holds a ticket of the caller's show."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import Attendees

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Shows",
    why="tickets and profiles joined along the index by number",
)


@router.get("/api/shows/{showId}/attendees")
def attendees(show_id: ShowIdPath, page: Page, caller: Caller) -> Attendees:
    return service.attendees(show_id, caller.user_id, page)


handler = lambda_handler(router)
