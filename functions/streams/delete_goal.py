"""DELETE /api/streams/{streamId}/goals/{goalId}: take an active goal back."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import GoalIdPath, StreamIdPath
from limelight.support import service
from limelight.support.models import Goal

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="deletes under the goal's lock, unless it was reached before",
)


@router.delete("/api/streams/{streamId}/goals/{goalId}")
def delete_goal(stream_id: StreamIdPath, goal_id: GoalIdPath, caller: Caller) -> Goal:
    return service.delete_goal(stream_id, goal_id, caller.user_id)


handler = lambda_handler(router)
