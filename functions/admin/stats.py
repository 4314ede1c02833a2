"""GET /api/admin/stats: how many there are of what the desk looks after."""

from limelight.admin import service
from limelight.admin.models import Stats
from limelight.http import Endpoint, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.ADMIN,
    Who.ADMIN,
    tag="Admin desk",
    why="counts that the database makes in one call",
)


@router.get("/api/admin/stats")
def stats() -> Stats:
    return service.stats()


handler = lambda_handler(router)
