"""Diagnostics: which statements cost most."""

from limelight.data import system
from limelight.diagnostics import queries
from limelight.diagnostics.models import Ranking, SlowQueries, SlowQuery


def slow_queries(ranking: Ranking, limit: int) -> SlowQueries:
    """The statements that are slowest on average, take most time in all, or run most often."""
    rows = system.fetch_all(queries.SLOW_QUERIES, {"ranking": ranking, "limit": limit})
    return SlowQueries(queries=[SlowQuery.model_validate(row) for row in rows])
