"""Errors as `application/problem+json` (RFC 9457): ours, the framework's and the database's."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from limelight.data.errors import DataError, DataLate, DataUnavailable, DataUnknown
from limelight.errors import KINDS, Problem

MEDIA_TYPE: Final = "application/problem+json"
TYPE_BASE: Final = "https://limelight.dev/problems/"
RETRY_AFTER_SECONDS: Final = 2
IDEMPOTENCY_HEADER: Final = "Idempotency-Key"

_BUSINESS_CLASS: Final = "LL"
_SQLSTATES: Final[Mapping[str, str]] = {
    "23505": "conflict",
    "42501": "forbidden",
    "40001": "upstream_unavailable",
    "40P01": "upstream_unavailable",
    "55P03": "upstream_unavailable",
    "57014": "deadline_exceeded",
    "PGRST301": "token_invalid",
    "PGRST303": "token_expired",
}
_OUTAGES: Final[Mapping[type[DataUnavailable], str]] = {
    DataLate: "deadline_exceeded",
    DataUnknown: "outcome_unknown",
}
_STATUSES: Final[Mapping[int, str]] = {
    400: "malformed_json",
    404: "not_found",
    405: "method_not_allowed",
    415: "unsupported_media_type",
}


class ProblemBody(BaseModel):
    """A problem as clients see it."""

    type: str = Field(examples=[f"{TYPE_BASE}stream_not_live"])
    title: str = Field(examples=["Stream not live"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["The stream is not live."])
    instance: str = Field(description="The request id.", examples=["3b6f2a8e-8b1c"])
    code: str = Field(description="Stable and machine-readable.", examples=["stream_not_live"])
    errors: list[dict[str, str]] | None = Field(
        default=None,
        description="The fields at fault: a JSON pointer into the body, or a parameter's name.",
        examples=[[{"pointer": "/title", "detail": "String should have at least 1 character"}]],
    )


def problem_response(problem: Problem, request_id: str) -> JSONResponse:
    """The response that tells the client of `problem`."""
    body: dict[str, object] = {
        "type": f"{TYPE_BASE}{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": request_id,
        "code": problem.code,
    }
    if problem.errors:
        body["errors"] = list(problem.errors)
    return JSONResponse(
        body | problem.extra,
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


async def on_problem(request: Request, error: Problem) -> JSONResponse:
    """A refusal of the product's own."""
    return _respond(request, error)


async def on_validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    """The framework's 422 names the fields at fault; malformed JSON and a missing key are 400."""
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return _respond(request, Problem("malformed_json"))
    if any(fault["loc"] == ("header", IDEMPOTENCY_HEADER) for fault in faults):
        return _respond(request, Problem("idempotency_key_required"))
    return _respond(request, Problem("validation_failed", errors=tuple(map(_fault, faults))))


async def on_http_exception(request: Request, error: HTTPException) -> JSONResponse:
    """The framework's own 404, 405 and their like."""
    code = _STATUSES.get(error.status_code, "internal_error")
    return _respond(request, Problem(code, headers=error.headers))


async def on_data_error(request: Request, error: DataError) -> JSONResponse:
    """A refusal by the database: its code decides, its words never reach the client."""
    request.state.cause = error.code
    return _respond(request, from_data_error(error))


async def on_data_unavailable(request: Request, error: DataUnavailable) -> JSONResponse:
    """An outage of what the function depends on."""
    request.state.cause = str(error)
    code = _OUTAGES.get(type(error), "upstream_unavailable")
    return _respond(request, Problem(code, retry_after=error.retry_after))


def from_data_error(error: DataError) -> Problem:
    """The problem behind a database error: business errors carry their code as the message."""
    if error.code.startswith(_BUSINESS_CLASS) and error.message in KINDS:
        extra = _extra(error.detail)
        return Problem(
            error.message,
            extra=extra,
            headers=_challenge(error.message),
            retry_after=_wait(error.message, extra),
        )
    code = _SQLSTATES.get(error.code, "internal_error")
    retry_after = RETRY_AFTER_SECONDS if KINDS[code].status == 503 else None
    return Problem(code, headers=_challenge(code), retry_after=retry_after)


def _respond(request: Request, problem: Problem) -> JSONResponse:
    request.state.problem = problem.code
    return problem_response(problem, request.state.request_id)


def _challenge(code: str) -> Mapping[str, str]:
    return {"WWW-Authenticate": "Bearer"} if KINDS[code].status == 401 else {}


def _wait(code: str, extra: Mapping[str, object]) -> int | None:
    """How long whoever is too fast has to wait; other refusals do not pass with time alone."""
    seconds = extra.get("remainingSeconds")
    return seconds if KINDS[code].status == 429 and isinstance(seconds, int) else None


def _extra(detail: str) -> Mapping[str, object]:
    if not detail:
        return {}
    extra = json.loads(detail)
    return extra if isinstance(extra, dict) else {}


def _fault(fault: Mapping[str, Any]) -> Mapping[str, str]:
    place, *path = fault["loc"]
    if place == "body":
        return {"pointer": _pointer(path), "detail": str(fault["msg"])}
    return {"parameter": str(path[0]) if path else str(place), "detail": str(fault["msg"])}


def _pointer(path: Sequence[object]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
