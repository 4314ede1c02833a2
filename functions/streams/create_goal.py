"""POST /api/streams/{streamId}/goals: ask for something that gifts and tips pay for."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import StreamIdPath
from limelight.support import service
from limelight.support.models import Goal, GoalRequest

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="counts the active goals under the stream's lock, and what was given before",
)


@router.post("/api/streams/{streamId}/goals", status_code=201)
def create_goal(stream_id: StreamIdPath, body: GoalRequest, caller: Caller) -> Goal:
    return service.create_goal(stream_id, caller.user_id, body)


handler = lambda_handler(router)
