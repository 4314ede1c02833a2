"""POST /api/admin/users/{userId}/verify: say whether a creator is who they claim to be."""

from limelight.admin import service
from limelight.admin.models import DeskUser, VerificationRequest
from limelight.http import Caller, Endpoint, Pattern, RequestId, Who, lambda_handler
from limelight.http.paths import UserIdPath

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one audited call that sets what it is told and toggles nothing",
)


@router.post("/api/admin/users/{userId}/verify")
def verify_user(
    user_id: UserIdPath, body: VerificationRequest, caller: Caller, request_id: RequestId
) -> DeskUser:
    return service.verify(user_id, body, caller.user_id, request_id)


handler = lambda_handler(router)
