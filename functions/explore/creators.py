"""GET /api/explore: creators by rank, searched and filtered."""

from typing import Annotated

from fastapi import Query

from limelight.discovery import service
from limelight.discovery.models import Explore, Filter
from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler
from limelight.schema import Line

router = Endpoint(
    Pattern.SQL, Who.PUBLIC, tag="Discovery", why="ranked over all creators, along an index by rank"
)


@router.get("/api/explore")
def creators(
    visitor: Visitor,
    page: Page,
    search: Annotated[Line, Query(max_length=50)] | None = None,
    category: Annotated[Line, Query(max_length=50)] | None = None,
    only: Annotated[Filter | None, Query(alias="filter")] = None,
) -> Explore:
    return service.explore(visitor, search, category, only, page)


handler = lambda_handler(router)
