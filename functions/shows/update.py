"""PATCH /api/shows/{showId}: change a scheduled show."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import ShowIdPath
from limelight.shows import service
from limelight.shows.models import ShowDetail, ShowUpdate

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Shows",
    why="price and capacity are held against what is sold under the lock that sells",
)


@router.patch("/api/shows/{showId}")
def update(show_id: ShowIdPath, body: ShowUpdate, caller: Caller) -> ShowDetail:
    return service.update(show_id, caller.user_id, body)


handler = lambda_handler(router)
