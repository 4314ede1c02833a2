"""GET /api/streams/my-streams: the caller's streams, newest first."""

from typing import Annotated

from fastapi import Query

from limelight.http import Caller, Endpoint, Page, Pattern, Who, lambda_handler
from limelight.streams import service
from limelight.streams.models import MyStreams, Status

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Streams",
    why="a keyset page along the creator's own index, each row with its figures and a sum",
)


@router.get("/api/streams/my-streams")
def my_streams(
    page: Page,
    caller: Caller,
    status: Annotated[Status | None, Query(description="In this state alone.")] = None,
) -> MyStreams:
    return service.mine(caller.user_id, status, page)


handler = lambda_handler(router)
