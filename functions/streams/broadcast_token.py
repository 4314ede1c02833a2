"""GET /api/streams/{streamId}/broadcast-token: enter the room of one's own live stream."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.rooms import service
from limelight.rooms.models import RoomPass

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="the owner's check and the room's name, in one statement",
)


@router.get("/api/streams/{streamId}/broadcast-token")
def broadcast_token(stream_id: StreamIdPath, caller: Caller) -> RoomPass:
    return service.host_stream(stream_id, caller.user_id)


handler = lambda_handler(router)
