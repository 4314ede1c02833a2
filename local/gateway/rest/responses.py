"""Turns results into HTTP responses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote

from local.gateway.rest import errors, ranges

if TYPE_CHECKING:
    from local.gateway.rest.catalogue import Routine, Table
    from local.gateway.rest.errors import ApiError
    from local.gateway.rest.media import MediaType
    from local.gateway.rest.preferences import Preferences
    from local.gateway.rest.request import ApiRequest
    from local.gateway.rest.transaction import Result
    from local.gateway.rest.writesql import Write

type Headers = list[tuple[str, str]]


@dataclass(slots=True)
class Answer:
    """A response, before it is ASGI's."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""


def read_answer(request: ApiRequest, media: MediaType, result: Result, total: int | None) -> Answer:
    query = f"?{request.params.canonical}" if request.params.canonical else ""
    location = f"/{quote(request.target.name)}{query}"
    answer = _ranged(request, result, total)
    answer.headers.append(("Content-Location", location))
    answer.headers += _content_type(request, media)
    answer.headers += _applied(
        request.preferences.without("resolution", "missing", "returns", "max_affected")
    )
    return _finished(request, answer, result)


def call_answer(
    request: ApiRequest, media: MediaType, result: Result, total: int | None, routine: Routine
) -> Answer:
    answer = _ranged(request, result, total)
    answer.headers += _applied(request.preferences.without("resolution", "missing", "returns"))
    if routine.returns_void:
        answer.status, answer.body = HTTPStatus.NO_CONTENT, b""
    else:
        answer.headers += _content_type(request, media)
    return _finished(request, answer, result)


def write_answer(request: ApiRequest, media: MediaType, result: Result, write: Write) -> Answer:
    preferences = _honoured(request, write)
    counted = result.rows if preferences.wants_exact_count else None
    headers: Headers = []
    if result.location:
        headers.append(("Location", _location(request, result)))
    if write.kind == "update":
        headers.append(("Content-Range", ranges.content_range(0, result.rows - 1, counted)))
    elif write.kind != "upsert":
        headers.append(("Content-Range", ranges.content_range(1, 0, counted)))
    headers += _applied(preferences)
    answer = Answer(_write_status(write, preferences, result), headers)
    if preferences.returns == "representation":
        answer.headers += _content_type(request, media)
        answer.body = _bytes(result.body)
    return _finished(request, answer, result)


def plan_answer(request: ApiRequest, media: MediaType, result: Result) -> Answer:
    return Answer(200, _content_type(request, media), _bytes(result.body))


def table_info(table: Table) -> Answer:
    methods = ["OPTIONS,GET,HEAD"]
    methods += ["POST"] if table.insertable else []
    methods += ["PUT"] if table.insertable and table.updatable and table.primary_key else []
    methods += ["PATCH"] if table.updatable else []
    methods += ["DELETE"] if table.deletable else []
    return info(",".join(methods))


def routine_info(routine: Routine) -> Answer:
    return info("OPTIONS,POST" if routine.volatility == "volatile" else "OPTIONS,GET,HEAD,POST")


def info(methods: str) -> Answer:
    return Answer(200, [("Access-Control-Allow-Origin", "*"), ("Allow", methods)])


def warned(answer: Answer, called: list[tuple[str, str]]) -> Answer:
    """Warn of embeds that were called by their table's name in spite of an alias."""
    if called:
        changes = ", ".join(f"`{name}` to `{alias}`" for name, alias in called)
        text = (
            "Embedded resource was referenced by relation name even though it has an alias. This "
            "is deprecated and will stop working in a future release. "
            f"Update {changes} in query string filters, orders or limits."
        )
        answer.headers.append(("Warning", f'299 PostgREST "{text}"'))
    return answer


def varied(answer: Answer) -> Answer:
    """Tell caches what the answer depends on, unless the database has told them."""
    if not any(name.lower() == "vary" for name, _ in answer.headers):
        answer.headers.append(("Vary", "Accept, Prefer, Range"))
    return answer


def error_answer(error: ApiError) -> Answer:
    headers = [
        ("Content-Type", "application/json; charset=utf-8"),
        ("Proxy-Status", f"PostgREST; error={error.code}"),
        *error.headers.items(),
    ]
    return Answer(error.status, headers, error.body)


# --- parts ------------------------------------------------------------------------------------


def _ranged(request: ApiRequest, result: Result, total: int | None) -> Answer:
    """The rows, or an error in their place when the offset lies past the end."""
    lower = request.top_range.lower
    upper = lower + result.rows - 1
    status = ranges.status_for(lower, upper, total)
    content_range = ranges.content_range(lower, upper, total)
    body = _bytes(result.body)
    if status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        body = errors.out_of_bounds(lower, total or 0).body
    return Answer(status, [("Content-Range", content_range)], body)


def _honoured(request: ApiRequest, write: Write) -> Preferences:
    dropped = []
    if write.kind != "insert" or (
        not write.table.primary_key and request.params.on_conflict is None
    ):
        dropped.append("resolution")
    if write.kind not in ("insert", "update"):
        dropped.append("missing")
    if write.kind not in ("update", "delete"):
        dropped.append("max_affected")
    return request.preferences.without(*dropped)


def _write_status(write: Write, preferences: Preferences, result: Result) -> int:
    if write.kind == "insert":
        merged = write.resolution == "merge-duplicates" and not (result.inserted or 0) > 0
        return 200 if merged else 201
    if preferences.returns != "representation":
        return 204
    return 201 if write.kind == "upsert" and (result.inserted or 0) > 0 else 200


def _location(request: ApiRequest, result: Result) -> str:
    parts = (item.split("=", 1) for item in result.location)
    query = "&".join(f"{quote(name)}={quote(text, safe='-_.~')}" for name, text in parts)
    return f"/{quote(request.target.name)}?{query}"


def _content_type(request: ApiRequest, media: MediaType) -> Headers:
    headers = [("Content-Type", media.content_type)]
    if request.schema_named:
        headers.append(("Content-Profile", request.target.schema))
    return headers


def _applied(preferences: Preferences) -> Headers:
    applied = preferences.applied
    return [("Preference-Applied", applied)] if applied else []


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body)


# --- what the database says of the response ---------------------------------------------------


def _finished(request: ApiRequest, answer: Answer, result: Result) -> Answer:
    """Apply `response.status` and `response.headers`, and drop the body of a HEAD."""
    if result.response_headers is not None:
        own = _own_headers(result.response_headers)
        named = {name.lower() for name, _ in own}
        answer.headers = [pair for pair in answer.headers if pair[0].lower() not in named] + own
    if result.response_status is not None:
        answer.status = _own_status(result.response_status)
    if request.is_head:
        answer.body = b""
    return answer


def _own_headers(text: str) -> Headers:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise errors.bad_response_headers() from error
    is_list = isinstance(content, list)
    if not is_list or not all(isinstance(item, dict) and len(item) == 1 for item in content):
        raise errors.bad_response_headers()
    pairs = [pair for item in content for pair in item.items()]
    if not all(isinstance(text, str) for _, text in pairs):
        raise errors.bad_response_headers()
    return pairs


def _own_status(text: str) -> int:
    if not text.isdecimal():
        raise errors.bad_response_status()
    return int(text)
