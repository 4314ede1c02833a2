"""POST /api/admin/users/{userId}/suspend: suspend an account, or let it back in."""

from limelight.admin import service
from limelight.admin.models import DeskUser, SuspensionRequest
from limelight.http import Caller, Endpoint, Pattern, RequestId, Who, lambda_handler
from limelight.http.paths import UserIdPath

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one audited call that also ends the live stream; coins are left to a job",
)


@router.post("/api/admin/users/{userId}/suspend")
def suspend_user(
    user_id: UserIdPath, body: SuspensionRequest, caller: Caller, request_id: RequestId
) -> DeskUser:
    return service.suspend(user_id, body, caller.user_id, request_id)


handler = lambda_handler(router)
