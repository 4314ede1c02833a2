"""Supabase Auth's errors, in both of its forms.

A client that sends `X-Supabase-Api-Version: 2024-01-01` (or later) reads `{code, message}`, any
other `{code: <status>, error_code, msg}`. supabase-py takes `code` only when the answer echoes
the version.
"""

import re

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

VERSION_HEADER = "X-Supabase-Api-Version"
ERROR_CODE_HEADER = "x-sb-error-code"
CURRENT_VERSION = "2024-01-01"

# Written by a database's own trigger or constraint: shown to clients of the first API version.
_SHOWN_SQLSTATES = {"P0001", "23000", "23001", "23502", "23503", "23505", "23514", "23P01"}


class AuthError(Exception):
    """An answer that is not a success."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        reasons: list[str] | None = None,
        cause: psycopg.Error | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.reasons = reasons
        """Why a password is weak."""
        self.cause = cause
        """The database's refusal behind a 500."""


def validation_failed(message: str) -> AuthError:
    return AuthError(400, "validation_failed", message)


def bad_jwt(message: str) -> AuthError:
    return AuthError(403, "bad_jwt", message)


def unexpected_failure(message: str, cause: psycopg.Error | None = None) -> AuthError:
    return AuthError(500, "unexpected_failure", message, cause=cause)


def speaks_current_version(request: Request) -> bool:
    """Whether the client named a version from 2024-01-01 on; a malformed one is the first."""
    version = request.headers.get(VERSION_HEADER, "")
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", version)) and version >= CURRENT_VERSION


async def answer_error(request: Request, error: AuthError) -> Response:
    """Starlette's exception handler for `AuthError`."""
    headers = {ERROR_CODE_HEADER: error.code}
    if speaks_current_version(request):
        headers[VERSION_HEADER] = CURRENT_VERSION
        body: dict[str, object] = {"code": error.code, "message": error.message}
        return JSONResponse(_with_reasons(body, error), error.status, headers)
    shown = _database_error(error.cause)
    if shown is not None:
        return JSONResponse(shown[1], shown[0], headers)
    body = {"code": error.status, "error_code": error.code, "msg": error.message}
    return JSONResponse(_with_reasons(body, error), error.status, headers)


async def answer_crash(request: Request, error: Exception) -> Response:
    """Starlette's exception handler for everything that nobody expected."""
    cause = error if isinstance(error, psycopg.Error) else None
    message = "Unexpected failure, please check server logs for more information"
    return await answer_error(request, unexpected_failure(message, cause))


def _with_reasons(body: dict[str, object], error: AuthError) -> dict[str, object]:
    if error.reasons is not None:
        body["weak_password"] = {"reasons": error.reasons}
    return body


def _database_error(cause: psycopg.Error | None) -> tuple[int, dict[str, object]] | None:
    state = cause.sqlstate if cause is not None else None
    if cause is None or state is None:
        return None
    raised = re.fullmatch(r"PT(\d{3})", state)
    if state not in _SHOWN_SQLSTATES and raised is None:
        return None
    diagnosis = cause.diag
    body: dict[str, object] = {"code": state, "message": diagnosis.message_primary or ""}
    if diagnosis.message_hint:
        body["hint"] = diagnosis.message_hint
    if diagnosis.message_detail:
        body["detail"] = diagnosis.message_detail
    return (int(raised[1]) if raised else 500), body
