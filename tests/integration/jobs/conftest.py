"""Scheduled functions, run as Lambda runs them."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from functions.jobs import expire_calls, release_expired_holds
from tests.integration.clock import StoppedClock

type Said = Callable[[], list[dict[str, Any]]]
"""The lines of the log that were written since the test began."""

type Run = Callable[[ModuleType], int]
"""Runs a job's function once and answers how much it did."""


@pytest.fixture
def run() -> Run:
    def once(job: ModuleType) -> int:
        context: Any = SimpleNamespace(
            aws_request_id=str(uuid4()), get_remaining_time_in_millis=lambda: 30_000
        )
        answer = job.handler({}, context)
        assert answer.keys() == {"done"}
        return int(answer["done"])

    return once


@pytest.fixture
def said() -> Iterator[Said]:
    stream = io.StringIO()
    (handler,) = (
        one
        for one in logging.getLogger("limelight").handlers
        if isinstance(one, logging.StreamHandler)
    )
    before = handler.setStream(stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    if before is not None:
        handler.setStream(before)


@pytest.fixture
def nothing_is_due(stopped_clock: StoppedClock, run: Run) -> StoppedClock:
    """Time stands still, and the calls and holds that other tests left open are closed."""
    stopped_clock.advance(days=2)
    run(expire_calls)
    run(release_expired_holds)
    stopped_clock.advance(days=-2)
    return stopped_clock


def done_metric(printed: str, job: str) -> list[int]:
    """The values of the metric that the alarms watch, as a job's log has them."""
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return [line["Done"][0] for line in lines if line.get("job") == job and "Done" in line]
