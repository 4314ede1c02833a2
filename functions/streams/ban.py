"""POST /api/streams/{streamId}/ban: keep a viewer out of the stream."""

from limelight.chat import service
from limelight.chat.models import Ban, BanRequest
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="ban, viewer and count change together, after the last line of the banned",
)


@router.post("/api/streams/{streamId}/ban")
def ban(stream_id: StreamIdPath, body: BanRequest, caller: Caller) -> Ban:
    return service.ban(stream_id, caller.user_id, body)


handler = lambda_handler(router)
