"""POST /api/admin/users/{userId}/role: give an account a role."""

from limelight.admin import service
from limelight.admin.models import DeskUser, RoleRequest
from limelight.http import Caller, Endpoint, Pattern, RequestId, Who, lambda_handler
from limelight.http.paths import UserIdPath

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one audited call that never takes the last admin away",
)


@router.post("/api/admin/users/{userId}/role")
def set_role(
    user_id: UserIdPath, body: RoleRequest, caller: Caller, request_id: RequestId
) -> DeskUser:
    return service.set_role(user_id, body.role, caller.user_id, request_id)


handler = lambda_handler(router)
