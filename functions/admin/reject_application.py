"""POST /api/admin/applications/{applicationId}/reject: turn an application down."""

from limelight.admin import service
from limelight.admin.models import ReviewedApplication
from limelight.http import Caller, Endpoint, Pattern, RequestId, Who, lambda_handler
from limelight.http.paths import ApplicationIdPath

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one database function that reviews once and is audited",
)


@router.post("/api/admin/applications/{applicationId}/reject")
def reject_application(
    application_id: ApplicationIdPath, caller: Caller, request_id: RequestId
) -> ReviewedApplication:
    return service.reject(application_id, caller.user_id, request_id)


handler = lambda_handler(router)
