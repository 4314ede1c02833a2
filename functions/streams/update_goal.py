"""PATCH /api/streams/{streamId}/goals/{goalId}: change an active goal."""

from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler
from limelight.http.paths import GoalIdPath, StreamIdPath
from limelight.support import service
from limelight.support.models import Goal, GoalUpdate

router = Endpoint(
    Pattern.SQL,
    Who.OWNER,
    tag="Streams",
    why="a target that is checked against its progress under the goal's lock",
)


@router.patch("/api/streams/{streamId}/goals/{goalId}")
def update_goal(
    stream_id: StreamIdPath, goal_id: GoalIdPath, body: GoalUpdate, caller: Caller
) -> Goal:
    return service.change_goal(stream_id, goal_id, caller.user_id, body)


handler = lambda_handler(router)
