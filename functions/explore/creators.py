"""GET /api/explore: creators by rank, searched and filtered."""

from typing import Annotated

from fastapi import Query

from limelight.discovery import service
from limelight.discovery.models import Explore, Filter, Words
from limelight.http import Endpoint, Page, Pattern, Visitor, Who, lambda_handler

router = Endpoint(
    Pattern.SQL, Who.PUBLIC, tag="Discovery", why="ranked over all creators, along an index by rank"
)


@router.get("/api/explore")
def creators(
    visitor: Visitor,
    page: Page,
    search: Annotated[Words | None, Query(description="A part of a name.")] = None,
    category: Annotated[Words | None, Query(description="What a creator streams.")] = None,
    only: Annotated[Filter | None, Query(alias="filter", description="Those alone.")] = None,
) -> Explore:
    return service.explore(visitor, search, category, only, page)


handler = lambda_handler(router)
