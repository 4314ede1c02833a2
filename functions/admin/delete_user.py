"""POST /api/admin/users/{userId}/delete: delete an account and who it was."""

from limelight.admin import service
from limelight.admin.models import DeskUser
from limelight.http import Caller, Endpoint, Pattern, RequestId, Who, lambda_handler
from limelight.http.paths import UserIdPath

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one audited call that empties rows of several tables and keeps the ledger's",
)


@router.post("/api/admin/users/{userId}/delete")
def delete_user(user_id: UserIdPath, caller: Caller, request_id: RequestId) -> DeskUser:
    return service.delete(user_id, caller.user_id, request_id)


handler = lambda_handler(router)
