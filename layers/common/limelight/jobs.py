"""The kernel of the scheduled functions: one log line and one metric for each run."""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from limelight.data.deadline import invocation
from limelight.data.observer import QueryRun, listening
from limelight.platform.observability import SERVICE, logger, metrics, report_queries
from limelight.platform.start import end

type JobHandler = Callable[[dict[str, Any], Any], dict[str, int]]


def job_handler(name: str, work: Callable[[], int]) -> JobHandler:
    """A Lambda handler around `work`, which answers how many things it did.

    An error is the run's: it is counted, Lambda logs it, repeats the run twice and then sets it
    aside.
    """

    def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
        logger.append_keys(function_request_id=context.aws_request_id)
        queries: list[QueryRun] = []
        waits: list[float] = []
        started = time.perf_counter()
        try:
            with listening(queries.append, waits.append), invocation(context):
                done = work()
        except Exception:
            _count(name, failures=1)
            raise
        line = {
            "job": name,
            "done": done,
            "milliseconds": round((time.perf_counter() - started) * 1000, 2),
            "pool_milliseconds": round(sum(waits), 2),
            "query_count": len(queries),
        }
        logger.info("job", extra=line)
        metrics.add_metric(name="Done", unit=MetricUnit.Count, value=done)
        _count(name, failures=0)
        _report(queries)
        return {"done": done}

    end()
    return handler


def _count(name: str, *, failures: int) -> None:
    metrics.add_dimension(name="job", value=name)
    metrics.add_dimensions(service=SERVICE)
    metrics.add_metric(name="Failures", unit=MetricUnit.Count, value=failures)
    metrics.flush_metrics()


def _report(queries: Sequence[QueryRun]) -> None:
    """A line for each query and not for each run of it: a loop runs one hundreds of times."""
    by_name: dict[str, list[QueryRun]] = defaultdict(list)
    for run in queries:
        by_name[run.name].append(run)
    for name, runs in by_name.items():
        report_queries(
            name,
            [run.milliseconds for run in runs],
            sum(run.rows for run in runs),
            sorted({run.plan for run in runs if run.plan}),
        )
