"""GET /api/admin/analytics: sign-ups by day, roles, applications, growth."""

from limelight.admin import service
from limelight.admin.models import Analytics
from limelight.http import Endpoint, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="thirty days that the database fills and counts in one call",
)


@router.get("/api/admin/analytics")
def analytics() -> Analytics:
    return service.analytics()


handler = lambda_handler(router)
