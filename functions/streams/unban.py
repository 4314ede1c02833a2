"""DELETE /api/streams/{streamId}/ban/{userId}: let a banned viewer back in."""

from limelight.chat import service
from limelight.chat.models import LiftedBan
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath, UserIdPath

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="the owner is checked and the ban lifted in one call",
)


@router.delete("/api/streams/{streamId}/ban/{userId}")
def unban(stream_id: StreamIdPath, user_id: UserIdPath, caller: Caller) -> LiftedBan:
    return service.unban(stream_id, caller.user_id, user_id)


handler = lambda_handler(router)
