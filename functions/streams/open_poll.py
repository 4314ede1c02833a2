"""POST /api/streams/{streamId}/polls: put a question to the viewers."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.polls import service
from limelight.polls.models import Poll, PollRequest

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="poll, options and event together; an index allows one open poll",
)


@router.post("/api/streams/{streamId}/polls", status_code=201)
def open_poll(stream_id: StreamIdPath, body: PollRequest, caller: Caller) -> Poll:
    return service.start(stream_id, caller.user_id, body)


handler = lambda_handler(router)
