"""GET /api/admin/users: accounts by role, status and a search, newest first."""

from typing import Annotated

from fastapi import Query

from limelight.admin import service
from limelight.admin.models import Role, Search, Status, Users
from limelight.http import Endpoint, Page, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="one call whose filters are parameters: a search is never spliced into a filter",
)


@router.get("/api/admin/users")
def users(
    page: Page,
    role: Annotated[Role | None, Query(description="Of this role alone.")] = None,
    status: Annotated[Status | None, Query(description="In this state alone.")] = None,
    search: Annotated[Search | None, Query(description="A part of a name or an e-mail.")] = None,
) -> Users:
    return service.users(role, status, search, page)


handler = lambda_handler(router)
