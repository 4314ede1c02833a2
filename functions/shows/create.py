"""POST /api/shows/create: announce a show."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.shows import service
from limelight.shows.models import ShowDetail, ShowRequest

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Shows",
    why="the start is checked against the database's clock as the row is written",
)


@router.post("/api/shows/create", status_code=201)
def create(body: ShowRequest, caller: Caller) -> ShowDetail:
    return service.create(caller.user_id, body)


handler = lambda_handler(router)
