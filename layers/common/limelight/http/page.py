"""The `limit` and `cursor` of every list."""

from typing import Annotated, Final

from fastapi import Depends, Query

from limelight.paging import PageRequest

DEFAULT_LIMIT: Final = 20
MAX_LIMIT: Final = 100


async def _page_request(
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIMIT, description="How many to show at most.")
    ] = DEFAULT_LIMIT,
    cursor: Annotated[
        str | None,
        Query(max_length=512, description="The `nextCursor` of the page before."),
    ] = None,
) -> PageRequest:
    return PageRequest(limit, cursor)


Page = Annotated[PageRequest, Depends(_page_request)]
"""Declared by an endpoint that answers a list."""
