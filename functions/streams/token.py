"""GET /api/streams/{streamId}/token: enter the room of a live stream as its audience."""

from limelight.http import Endpoint, Pattern, Visitor, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.rooms import service
from limelight.rooms.models import RoomPass

router = Endpoint(
    Pattern.SQL,
    Who.BY_ACCESS,
    tag="Streams",
    why="the access rule and the room's name, which no API role can read",
)


@router.get("/api/streams/{streamId}/token")
def token(stream_id: StreamIdPath, visitor: Visitor) -> RoomPass:
    return service.watch_stream(stream_id, visitor)


handler = lambda_handler(router)
