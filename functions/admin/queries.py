"""GET /api/admin/queries: the statements that cost the database most."""

from typing import Annotated

from fastapi import Query

from limelight.diagnostics import service
from limelight.diagnostics.models import Ranking, SlowQueries
from limelight.http import Endpoint, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.SQL,
    Who.ADMIN,
    tag="Admin desk",
    why="the server's own statistics, which nothing but SQL can read",
)


@router.get("/api/admin/queries")
def queries(
    by: Annotated[Ranking, Query(description="What puts a statement first.")] = "mean",
    limit: Annotated[int, Query(ge=1, le=100, description="How many to show at most.")] = 20,
) -> SlowQueries:
    return service.slow_queries(by, limit)


handler = lambda_handler(router)
