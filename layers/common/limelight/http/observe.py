"""One structured log line and one set of metrics for every request, and the outermost error net.

Logged: request id, route (the template, never the path), method, status, problem code and its
cause, milliseconds, the queries by name with their time, and the source of an unhandled error.
Never logged: bodies, tokens, query values, e-mail addresses, the words of a database or exception.
"""

import re
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from aws_lambda_powertools.metrics import MetricUnit
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limelight.data.deadline import invocation
from limelight.data.observer import QueryRun, listening
from limelight.errors import Problem
from limelight.http.problems import problem_response
from limelight.platform.observability import SERVICE, logger, metrics, report_query

REQUEST_ID_HEADER: Final = "X-Request-Id"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")


@dataclass(slots=True)
class Observation:
    """What is seen of one request while it runs."""

    request_id: str
    started: float = field(default_factory=time.perf_counter)
    status: int = 500
    queries: list[QueryRun] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """For connections, in milliseconds; empty when no query went through the pool."""
    failure: dict[str, object] | None = None

    @property
    def milliseconds(self) -> float:
        return (time.perf_counter() - self.started) * 1000


class Observe:
    """ASGI middleware: gives the request its id, reports how it went, and turns an error that
    nothing else caught into a 500 of the usual shape."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = Observation(_request_id(scope))
        scope.setdefault("state", {})["request_id"] = seen.request_id

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
                _finish_headers(message, scope["state"])
            await send(message)

        with (
            listening(seen.queries.append, seen.waits.append),
            invocation(scope.get("aws.context")),
        ):
            try:
                await self._app(scope, receive, reply)
            except Exception as error:  # noqa: BLE001 - the outermost net
                seen.failure = _source(error)
                answer = problem_response(Problem("internal_error"), seen.request_id)
                await answer(scope, receive, reply)
        _report(scope, seen)


def _request_id(scope: Scope) -> str:
    given = Request(scope).headers.get(REQUEST_ID_HEADER, "")
    if _REQUEST_ID.fullmatch(given):
        return given
    event: dict[str, Any] = scope.get("aws.event") or {}
    return event.get("requestContext", {}).get("requestId") or str(uuid4())


def _finish_headers(message: Message, state: Mapping[str, Any]) -> None:
    headers = MutableHeaders(scope=message)
    headers[REQUEST_ID_HEADER] = state["request_id"]
    headers.update(state.get("rate_limit", {}))
    headers.setdefault("Cache-Control", "no-store")


def _source(error: Exception) -> dict[str, object]:
    """Where an error came from. Its words may hold values, so they are left out."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return {
        "error": f"{type(error).__module__}.{type(error).__qualname__}",
        "stack": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }


def _report(scope: Scope, seen: Observation) -> None:
    route = getattr(scope.get("route"), "path", "(none)")
    waited = round(sum(seen.waits), 2) if seen.waits else None
    milliseconds = round(seen.milliseconds, 2)
    query_milliseconds = round(sum(run.milliseconds for run in seen.queries), 2)
    line = {
        "request_id": seen.request_id,
        "method": scope["method"],
        "route": route,
        "status": seen.status,
        "problem": scope["state"].get("problem"),
        "cause": scope["state"].get("cause"),
        "milliseconds": milliseconds,
        "pool_milliseconds": waited,
        "query_count": len(seen.queries),
        "query_milliseconds": query_milliseconds,
        "queries": [
            {"name": run.name, "milliseconds": round(run.milliseconds, 2), "rows": run.rows}
            | ({"plan": run.plan} if run.plan else {})
            for run in seen.queries
        ],
    }
    if seen.failure:
        logger.error("request failed", extra=line | seen.failure)
    else:
        logger.info("request", extra=line)
    metrics.add_dimension(name="route", value=f"{scope['method']} {route}")
    metrics.add_dimensions(pattern=_pattern(scope), service=SERVICE)
    metrics.add_dimensions(service=SERVICE)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Latency", unit=MetricUnit.Milliseconds, value=milliseconds)
    metrics.add_metric(name="QueryTime", unit=MetricUnit.Milliseconds, value=query_milliseconds)
    metrics.add_metric(name="Queries", unit=MetricUnit.Count, value=len(seen.queries))
    metrics.add_metric(name="ServerErrors", unit=MetricUnit.Count, value=int(seen.status >= 500))
    if waited is not None:
        metrics.add_metric(name="PoolWait", unit=MetricUnit.Milliseconds, value=waited)
    metrics.flush_metrics()
    for run in seen.queries:
        report_query(run.name, run.milliseconds, run.rows, run.plan)


def _pattern(scope: Scope) -> str:
    """The access pattern that the endpoint declares."""
    declared = getattr(scope.get("route"), "openapi_extra", None) or {}
    return str(declared.get("x-access-pattern", "(none)"))
