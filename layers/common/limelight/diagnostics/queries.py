"""All SQL of the diagnostics."""

from typing import Final

from limelight.data.system import Query

SLOW_QUERIES: Final = Query(
    "diagnostics.slow_queries",
    """
    select query, calls, total_ms, mean_ms, p99_ms, max_ms, rows_per_call
    from private.slow_queries(%(ranking)s, %(limit)s)
    """,
    repeatable=True,
)
