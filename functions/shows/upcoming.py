"""GET /api/shows/upcoming: the live shows, then the soonest."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from limelight.http import Endpoint, Page, Pattern, Who, lambda_handler
from limelight.shows import service
from limelight.shows.models import Shows, ShowType

router = Endpoint(
    Pattern.SQL, Who.PUBLIC, tag="Shows", why="a page cut along an index before it is joined"
)


@router.get("/api/shows/upcoming")
def upcoming(
    page: Page,
    response: Response,
    creator_id: Annotated[UUID | None, Query(alias="creatorId", description="Whose.")] = None,
    show_type: Annotated[ShowType | None, Query(alias="showType", description="Of a type.")] = None,
) -> Shows:
    response.headers["Cache-Control"] = "public, max-age=3"
    return service.upcoming(creator_id, show_type, page)


handler = lambda_handler(router)
