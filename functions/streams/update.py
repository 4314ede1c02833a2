"""PATCH /api/streams/{streamId}: change the fields sent, and no others."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.streams import service
from limelight.streams.models import StreamDetail, StreamUpdate

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="what may change depends on the status and on tickets sold, checked under the row's lock",
)


@router.patch("/api/streams/{streamId}")
def update(stream_id: StreamIdPath, body: StreamUpdate, caller: Caller) -> StreamDetail:
    return service.update(stream_id, caller.user_id, body)


handler = lambda_handler(router)
