"""POST /api/shows/{showId}/remind-me: ask to be reminded of a show."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ReminderSet

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Shows",
    why="the access rule and one reminder for each user, in one call",
)


@router.post("/api/shows/{showId}/remind-me")
def remind_me(show_id: ShowIdPath, caller: Caller) -> ReminderSet:
    return service.remind(show_id, caller.user_id)


handler = lambda_handler(router)
