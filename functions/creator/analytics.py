"""GET /api/creator/analytics: what the caller earned and did, beside the period before."""

from typing import Annotated

from fastapi import Query

from limelight.analytics import service
from limelight.analytics.models import Analytics, Period
from limelight.http import Caller, Endpoint, Pattern, Who, lambda_handler

router = Endpoint(
    Pattern.SQL,
    Who.CREATOR,
    tag="Creators",
    why="rollups by day and what came since, in one snapshot",
)


@router.get("/api/creator/analytics")
def analytics(
    caller: Caller,
    period: Annotated[Period, Query(description="Days back from today, or all there are.")] = "30",
) -> Analytics:
    return service.report(caller.user_id, period)


handler = lambda_handler(router)
