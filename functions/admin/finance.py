"""GET /api/admin/finance: all coins, with the trial balance."""

from typing import Annotated

from fastapi import Query

from limelight.finance import service
from limelight.finance.models import Finance
from limelight.http import Endpoint, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.SQL, Who.ADMIN, tag="Admin desk", why="aggregates over the whole ledger in one snapshot"
)


@router.get("/api/admin/finance")
def finance(
    days: Annotated[int, Query(ge=1, le=366, description="How many UTC days, today's last.")] = 30,
) -> Finance:
    return service.report(days)


handler = lambda_handler(router)
