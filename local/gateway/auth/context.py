"""What every endpoint of Auth works with, and how it reads a request."""

import json
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from local.gateway.auth import queries, session_queries
from local.gateway.auth.database import Connection, Database, Row
from local.gateway.auth.errors import AuthError, bad_jwt, validation_failed
from local.gateway.auth.representation import user_json
from local.gateway.auth.tokens import AUDIENCE, TokenSigner
from local.gateway.settings import GatewaySettings

ADMIN_ROLES = ("service_role", "supabase_admin")


@dataclass(frozen=True)
class Auth:
    """The service behind the endpoints."""

    settings: GatewaySettings
    database: Database
    signer: TokenSigner

    @classmethod
    def of(cls, request: Request) -> Self:
        auth: Self = request.app.state.auth
        return auth


@dataclass(frozen=True)
class Caller:
    """Who a Bearer token says is calling, found in the database."""

    user: Row
    session_id: UUID | None

    @property
    def id(self) -> UUID:
        user_id: UUID = self.user["id"]
        return user_id


async def read_body[Body: BaseModel](request: Request, model: type[Body]) -> Body:
    """The JSON body as `model`; fields that nobody asked for are ignored, as Auth does."""
    try:
        given = json.loads(await request.body())
        _check_text(given)
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _bad_json(f"{where or 'body'}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise _bad_json(str(error)) from error


def bearer_claims(request: Request) -> dict[str, Any]:
    """The claims of the request's own token: 401 without one, 403 with a bad one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        message = "This endpoint requires a valid Bearer token"
        raise AuthError(401, "no_authorization", message)
    return Auth.of(request).signer.verify(token.strip())


def require_admin(request: Request) -> None:
    """403 `not_admin` unless the token's role is that of a server."""
    if bearer_claims(request).get("role") not in ADMIN_ROLES:
        raise AuthError(403, "not_admin", "User not allowed")


async def load_caller(request: Request, connection: Connection) -> Caller:
    """The user and session behind the token, each of which may be gone by now."""
    claims = bearer_claims(request)
    user = await queries.user_by_id(connection, _subject(claims))
    if user is None:
        message = "User from sub claim in JWT does not exist"
        raise AuthError(403, "user_not_found", message)
    if is_banned(user):
        raise AuthError(403, "user_banned", "User is banned")
    session_id = _session_id(claims)
    if session_id is not None and not await session_queries.session_exists(connection, session_id):
        message = "Session from session_id claim in JWT does not exist"
        raise AuthError(403, "session_not_found", message)
    return Caller(user, session_id)


def require_audience(request: Request) -> None:
    """400 unless the token is meant for Auth's one audience."""
    audience = bearer_claims(request).get("aud")
    if audience != AUDIENCE and audience != [AUDIENCE]:
        raise validation_failed("Token audience doesn't match request audience")


def is_banned(user: Row) -> bool:
    return bool(user["is_banned"])


async def present_user(connection: Connection, user_id: UUID) -> dict[str, Any]:
    """A user as clients read it, as it is now."""
    user = await queries.known_user(connection, user_id)
    return user_json(user, await queries.identities_of(connection, [user_id]))


def _check_text(value: object) -> None:
    """Raise `ValueError` for text that PostgreSQL cannot keep."""
    if isinstance(value, str):
        value.encode()  # A lone surrogate has no UTF-8.
        if "\0" in value:
            raise ValueError("a string holds the character NUL")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            _check_text(member)
    elif isinstance(value, list):
        for member in value:
            _check_text(member)


def _bad_json(reason: str) -> AuthError:
    return AuthError(400, "bad_json", f"Could not parse request body as JSON: {reason}")


def _subject(claims: dict[str, Any]) -> UUID:
    subject = claims.get("sub")
    if not subject:
        raise bad_jwt("invalid claim: missing sub claim")
    try:
        return UUID(str(subject))
    except ValueError as error:
        raise AuthError(400, "bad_jwt", "invalid claim: sub claim must be a UUID") from error


def _session_id(claims: dict[str, Any]) -> UUID | None:
    session = claims.get("session_id")
    if not session:
        return None
    try:
        return UUID(str(session))
    except ValueError as error:
        raise bad_jwt("invalid claim: session_id claim must be a UUID") from error
