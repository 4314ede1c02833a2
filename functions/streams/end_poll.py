"""POST /api/streams/{streamId}/polls/{pollId}/end: end a poll before its time."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import PollIdPath, StreamIdPath
from limelight.polls import service
from limelight.polls.models import Poll

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="closed after the last vote, counted together and told in one transaction",
)


@router.post("/api/streams/{streamId}/polls/{pollId}/end")
def end_poll(stream_id: StreamIdPath, poll_id: PollIdPath, caller: Caller) -> Poll:
    return service.end(stream_id, caller.user_id, poll_id)


handler = lambda_handler(router)
