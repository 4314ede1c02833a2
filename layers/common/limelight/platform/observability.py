"""The sandbox's logger and metrics (Powertools).

Traces come from Lambda and API Gateway themselves (active tracing): the X-Ray SDK would add
botocore to every cold start (docs/adr/0004-no-tracing-sdk.md). Log lines carry the trace's id.
"""

import logging
import os
from collections.abc import Sequence
from itertools import batched
from typing import Final

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

# Every request is some "Task-1": nothing to read. (The type stubs lack the switch.)
logging.logAsyncioTasks = False  # type: ignore[attr-defined]

TALKATIVE: Final = ("httpx", "mangum.http")
"""Libraries that log every path and query at INFO: ids, names and search words among them."""

for _library in TALKATIVE:
    logging.getLogger(_library).setLevel(logging.WARNING)

SERVICE: Final = "limelight"
NAMESPACE: Final = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Limelight")
"""Of a deployed stage its own: stages that share an account share neither figures nor alarms."""

logger = Logger(service=SERVICE, location=None)
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)

VALUES_PER_LINE: Final = 99
"""A metric's values in one line of the log: Powertools sends the hundredth off by itself."""


def report_query(name: str, milliseconds: float, rows: int, plan: str | None) -> None:
    """One query as a metric of its own name, its rows and a slow plan's fingerprint beside it."""
    with single_metric(
        name="QueryLatency",
        unit=MetricUnit.Milliseconds,
        value=round(milliseconds, 2),
        namespace=NAMESPACE,
    ) as metric:
        metric.add_dimension(name="query", value=name)
        metric.add_metadata(key="rows", value=rows)
        if plan:
            metric.add_metadata(key="plan", value=plan)


def report_queries(
    name: str, milliseconds: Sequence[float], rows: int, plans: Sequence[str]
) -> None:
    """One query that ran many times: the metric of `report_query`, all its values in few lines."""
    for values in batched(milliseconds, VALUES_PER_LINE, strict=False):
        metric = EphemeralMetrics(namespace=NAMESPACE)
        metric.add_dimension(name="query", value=name)
        metric.add_metadata(key="rows", value=rows)
        if plans:
            metric.add_metadata(key="plans", value=list(plans))
        for value in values:
            metric.add_metric("QueryLatency", MetricUnit.Milliseconds, round(value, 2))
        metric.flush_metrics()
