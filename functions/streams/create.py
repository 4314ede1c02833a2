"""POST /api/streams/create: open a stream, now or later."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.streams import service
from limelight.streams.models import StreamDetail, StreamRequest

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Streams",
    why="stream and figures are written together; an index allows one live stream",
)


@router.post("/api/streams/create", status_code=201)
def create(body: StreamRequest, caller: Caller) -> StreamDetail:
    return service.create(caller.user_id, body)


handler = lambda_handler(router)
