"""PostgreSQL's errors as the API's."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from local.gateway.rest import errors
from local.gateway.rest.errors import ApiError

_EXACT = {
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "53400": 500,
    "57P01": 503,
    "P0001": 400,
    "42P01": 404,
    "42P17": 500,
}
_BY_CLASS = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "25": 500,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "53": 503,
    "54": 500,
    "55": 500,
    "57": 500,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0": 500,
    "XX": 500,
}
_NUL = 'invalid byte sequence for encoding "UTF8": 0x00'
_DETAIL_HINT = (
    "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: "
    "'status_text'."
)
_MESSAGE_HINT = (
    "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: "
    "'details', 'hint'."
)


def from_database(error: psycopg.Error, *, is_anonymous: bool) -> ApiError:
    """The answer to a database error. Missing rights are 401 for the anonymous role: a sign-in
    might help."""
    if isinstance(error, PoolTimeout):
        return errors.pool_timeout()
    code = error.sqlstate
    if code is None:
        return _without_state(error)
    message = error.diag.message_primary or str(error)
    if code == "PGRST":
        return _raised(message, error.diag.message_detail)
    status = _status(code, message, is_anonymous=is_anonymous)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    detail, hint = error.diag.message_detail, error.diag.message_hint
    return ApiError(status, code, message, detail, hint, headers)


def _without_state(error: psycopg.Error) -> ApiError:
    """Errors of the driver: a text that cannot be sent, or a connection that is gone."""
    if isinstance(error, psycopg.DataError):
        return ApiError(400, "22021", _NUL)
    if isinstance(error, psycopg.OperationalError):
        return errors.client_error(str(error).strip())
    return errors.internal(str(error).strip())


def _status(code: str, message: str, *, is_anonymous: bool) -> int:
    if code == "42501":
        return 401 if is_anonymous else 403
    if code == "42883":
        return 406 if message.startswith("function xmlagg(") else 404
    if code == "21000":
        return 400 if message.endswith("requires a WHERE clause") else 500
    if code == "22023":
        unknown_role = message.startswith("role") and message.endswith("does not exist")
        return 401 if unknown_role else 400
    if code.startswith("PT"):
        return int(code[2:]) if re.fullmatch(r"[1-9][0-9]{2}", code[2:]) else 500
    return _EXACT.get(code) or _BY_CLASS.get(code[:2], 400)


def _raised(message: str, detail: str | None) -> ApiError:
    """`raise sqlstate 'PGRST'`: the function writes the response itself."""
    body = _object(message, "code", "message")
    if body is None:
        return errors.bad_raise(f"Invalid JSON value for MESSAGE: '{message}'", _MESSAGE_HINT)
    if detail is None:
        return errors.bad_raise("DETAIL is missing in the RAISE statement", _DETAIL_HINT)
    answer = _object(detail, "status", "headers")
    if answer is None or not isinstance(answer["headers"], dict):
        return errors.bad_raise(f"Invalid JSON value for DETAIL: '{detail}'", _DETAIL_HINT)
    headers = {str(name): str(content) for name, content in answer["headers"].items()}
    return ApiError(
        int(answer["status"]),
        str(body["code"]),
        str(body["message"]),
        body.get("details"),
        body.get("hint"),
        headers,
    )


def _object(text: str, *required: str) -> dict[str, Any] | None:
    try:
        content = json.loads(text)
    except ValueError:
        return None
    if not isinstance(content, dict) or any(name not in content for name in required):
        return None
    return content
