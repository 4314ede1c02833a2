"""GET /api/shows/creator: the caller's own shows, newest first."""

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.shows import service
from limelight.shows.models import Shows

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Shows",
    why="keyset page along an index by creator, private and past shows among them",
)


@router.get("/api/shows/creator")
def creator(page: Page, caller: Caller) -> Shows:
    return service.of_creator(caller.user_id, page)


handler = lambda_handler(router)
