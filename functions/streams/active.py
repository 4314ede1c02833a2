"""GET /api/streams/active: the caller's live stream, if there is one."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.streams import service
from limelight.streams.models import ActiveStream

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="one row along the index of live streams, then the joins of a stream's detail",
)


@router.get("/api/streams/active")
def active(caller: Caller) -> ActiveStream:
    return service.active(caller.user_id)


handler = lambda_handler(router)
