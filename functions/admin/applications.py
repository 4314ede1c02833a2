"""GET /api/admin/applications: creator applications with their applicants."""

from typing import Annotated

from fastapi import Query

from limelight.admin import service
from limelight.admin.models import Applications, ApplicationStatus
from limelight.http import Endpoint, Page, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one table and its embedded applicants, whoever they are: filter, order, page",
)


@router.get("/api/admin/applications")
def applications(
    page: Page,
    status: Annotated[ApplicationStatus | None, Query(description="In this state alone.")] = None,
) -> Applications:
    return service.applications(status, page)


handler = lambda_handler(router)
