"""POST /api/streams/{streamId}/polls/{pollId}/vote: vote in a poll, once."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import PollIdPath, StreamIdPath
from limelight.polls import service
from limelight.polls.models import Poll, VoteRequest

router = Endpoint(
    Pattern.SQL,
    Who.USER,
    tag="Streams",
    why="vote and count change together under a lock that voters share",
)


@router.post("/api/streams/{streamId}/polls/{pollId}/vote", status_code=201)
def vote(stream_id: StreamIdPath, poll_id: PollIdPath, body: VoteRequest, caller: Caller) -> Poll:
    return service.vote(stream_id, caller.user_id, poll_id, body)


handler = lambda_handler(router)
