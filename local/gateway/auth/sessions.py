"""Opening sessions, refreshing them, and noticing a stolen refresh token."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request

from local.gateway.auth import queries, session_queries
from local.gateway.auth.context import Auth, is_banned
from local.gateway.auth.database import Connection, Row
from local.gateway.auth.errors import AuthError, validation_failed
from local.gateway.auth.representation import user_json
from local.gateway.auth.tokens import is_refresh_token, new_refresh_token


@dataclass(frozen=True)
class Client:
    """Where a session was opened from."""

    user_agent: str | None
    ip: str | None

    @classmethod
    def of(cls, request: Request) -> "Client":
        address = request.client.host if request.client else None
        return cls(request.headers.get("user-agent"), address)


async def open_session(
    auth: Auth, connection: Connection, user_id: UUID, method: str, client: Client
) -> dict[str, Any]:
    """Sign `user_id` in and return the Session that clients read."""
    session_id = await session_queries.insert_session(
        connection, user_id, method, client.user_agent, client.ip
    )
    await session_queries.record_sign_in(connection, user_id)
    token = new_refresh_token()
    await session_queries.insert_refresh_token(connection, token, user_id, session_id, None)
    return await _session_json(auth, connection, user_id, session_id, token)


async def refresh_session(auth: Auth, token: str) -> dict[str, Any]:
    """Exchange a refresh token for a new pair.

    A token that was used already is taken within the reuse window, or when it is the parent of
    the active one (its owner never got the answer); else the whole family is revoked.
    """
    if not is_refresh_token(token):
        raise validation_failed("Refresh token is not valid")
    async with auth.database.transaction() as connection:
        owner_id, session_id = await _locked_owner(connection, token)
        successor = await _successor(auth, connection, token, owner_id, session_id)
        if successor is not None:
            await session_queries.touch_session(connection, session_id)
            return await _session_json(auth, connection, owner_id, session_id, successor)
    # Outside the transaction: the revocation must be kept.
    raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")


async def _locked_owner(connection: Connection, token: str) -> tuple[UUID, UUID]:
    row = await session_queries.refresh_token(connection, token)
    user = await queries.user_by_id(connection, row["owner_id"]) if row is not None else None
    if row is None or user is None:
        raise _not_found()
    if is_banned(user):
        raise AuthError(400, "user_banned", "Invalid Refresh Token: User Banned")
    session_id: UUID | None = row["session_id"]
    if session_id is None or not await session_queries.lock_session(connection, session_id):
        message = "Invalid Refresh Token: No Valid Session Found"
        raise AuthError(400, "session_not_found", message)
    return user["id"], session_id


async def _successor(
    auth: Auth, connection: Connection, token: str, owner_id: UUID, session_id: UUID
) -> str | None:
    """The token that follows, or None when this one is a replay (its family is revoked)."""
    row = await session_queries.refresh_token(connection, token)
    if row is None:
        raise _not_found()
    if row["revoked"]:
        active = await session_queries.active_refresh_token(connection, session_id)
        if active is not None and active["parent"] == token:
            return str(active["token"])
        if row["age_seconds"] > auth.settings.refresh_token_reuse_seconds:
            await session_queries.revoke_family(connection, session_id)
            return None
    await session_queries.revoke_refresh_token(connection, row["id"])
    successor = new_refresh_token()
    await session_queries.insert_refresh_token(connection, successor, owner_id, session_id, token)
    return successor


def _not_found() -> AuthError:
    message = "Invalid Refresh Token: Refresh Token Not Found"
    return AuthError(400, "refresh_token_not_found", message)


async def _session_json(
    auth: Auth, connection: Connection, user_id: UUID, session_id: UUID, refresh_token: str
) -> dict[str, Any]:
    user = await queries.known_user(connection, user_id)
    identities = await queries.identities_of(connection, [user_id])
    methods: list[Row] = await session_queries.authentication_methods(connection, session_id)
    access = auth.signer.sign(user, str(session_id), methods)
    return {
        "access_token": access.text,
        "token_type": "bearer",
        "expires_in": auth.settings.access_token_seconds,
        "expires_at": access.expires_at,
        "refresh_token": refresh_token,
        "user": user_json(user, identities),
    }
