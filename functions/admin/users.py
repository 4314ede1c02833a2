"""GET /api/admin/users: accounts by role, status and a search, newest first."""

from typing import Annotated

from fastapi import Query

from limelight.admin import service
from limelight.admin.models import Role, Status, Users
from limelight.http import Endpoint, Page, Pattern, Who, lambda_handler
from limelight.schema import Text

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one call whose filters are parameters: a search is never spliced into a filter",
)


@router.get("/api/admin/users")
def users(
    page: Page,
    role: Role | None = None,
    status: Status | None = None,
    search: Annotated[Text, Query(min_length=1, max_length=100)] | None = None,
) -> Users:
    return service.users(role, status, search, page)


handler = lambda_handler(router)
