"""POST /api/admin/applications/{applicationId}/approve: make the applicant a creator."""

from limelight.admin import service
from limelight.admin.models import ReviewedApplication
from limelight.http import Caller, Endpoint, Pattern, RequestId, Who, lambda_handler
from limelight.http.paths import ApplicationIdPath

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one database function that also sets role and settings and is audited",
)


@router.post("/api/admin/applications/{applicationId}/approve")
def approve_application(
    application_id: ApplicationIdPath, caller: Caller, request_id: RequestId
) -> ReviewedApplication:
    return service.approve(application_id, caller.user_id, request_id)


handler = lambda_handler(router)
