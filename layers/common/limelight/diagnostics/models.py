"""What the report on statements answers. Times are milliseconds."""

from typing import Literal

from limelight.schema import Output, example

Ranking = Literal["mean", "total", "frequent"]


class SlowQuery(Output):
    """One statement, with placeholders for its values. `p99Ms` is an estimate from mean and
    deviation, never more than `maxMs`."""

    query: str
    calls: int
    total_ms: float
    mean_ms: float
    p99_ms: float
    max_ms: float
    rows_per_call: float


class SlowQueries(Output):
    """The statements that rank highest since the statistics were last reset."""

    model_config = example(
        queries=[
            {
                "query": "… from private.join_stream($1, $2)",
                "calls": 120_000,
                "totalMs": 98_400.5,
                "meanMs": 0.82,
                "p99Ms": 2.9,
                "maxMs": 41.3,
                "rowsPerCall": 1.0,
            }
        ]
    )

    queries: list[SlowQuery]
