"""GET and PUT /user, POST /logout: what the owner of a token may do with the account."""

from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.gateway.auth import queries, session_queries
from local.gateway.auth.addresses import check_email, refuse_phone
from local.gateway.auth.context import (
    ADMIN_ROLES,
    Auth,
    Caller,
    load_caller,
    present_user,
    read_body,
    require_audience,
)
from local.gateway.auth.database import Connection
from local.gateway.auth.errors import AuthError, unexpected_failure, validation_failed
from local.gateway.auth.links import redirect_of, send_email_change
from local.gateway.auth.passwords import check_strength, hash_password, matches
from local.gateway.auth.pkce import Challenge

SCOPES = ("global", "local", "others")
TAKEN = "A user with this email address has already been registered"


class UpdateBody(Challenge):
    email: str | None = None
    phone: str | None = None
    password: str | None = None
    data: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None


async def get_user(request: Request) -> Response:
    """GET /user."""
    async with Auth.of(request).database.transaction() as connection:
        caller = await load_caller(request, connection)
        require_audience(request)
        return JSONResponse(await present_user(connection, caller.id))


async def update_user(request: Request) -> Response:
    """PUT /user: metadata is merged, a password ends the other sessions, an address waits for
    its confirmation."""
    auth, body = Auth.of(request), await read_body(request, UpdateBody)
    async with auth.database.transaction() as connection:
        caller = await load_caller(request, connection)
        new_email = await _check(auth, connection, caller, body)
    digest = await _new_digest(auth, caller, body.password)
    async with auth.database.transaction() as connection:
        try:
            await _write(connection, caller, body, digest)
        except psycopg.Error as error:
            raise unexpected_failure("Error updating user", error) from error
        if new_email is not None:
            await body.remember(connection, caller.id, "email_change")
            await send_email_change(
                auth,
                connection,
                caller.user,
                new_email,
                redirect_of(request),
                pkce=body.is_pkce,
            )
        return JSONResponse(await present_user(connection, caller.id))


async def logout(request: Request) -> Response:
    """POST /logout?scope=: this session, the others, or (by default) all."""
    scope = request.query_params.get("scope") or "global"
    async with Auth.of(request).database.transaction() as connection:
        caller = await load_caller(request, connection)
        if scope not in SCOPES:
            raise validation_failed(f'Unsupported logout scope "{scope}"')
        await session_queries.delete_sessions(
            connection,
            caller.id,
            only=caller.session_id if scope == "local" else None,
            keep=caller.session_id if scope == "others" else None,
        )
    return Response(status_code=204)


async def _check(
    auth: Auth, connection: Connection, caller: Caller, body: UpdateBody
) -> str | None:
    """Refuse what may not be changed; the new address, if there is one."""
    refuse_phone(body.phone)
    body.check()
    email = check_email(body.email) if body.email else None
    if body.password is not None:
        check_strength(body.password, auth.settings.password_min_length)
    if body.app_metadata is not None and caller.user["role"] not in ADMIN_ROLES:
        raise AuthError(403, "not_admin", "Updating app_metadata requires admin privileges")
    if email is None or email == caller.user["email"]:
        return None
    if await queries.email_is_taken(connection, email, by_other_than=caller.id):
        raise AuthError(422, "email_exists", TAKEN)
    return email


async def _new_digest(auth: Auth, caller: Caller, password: str | None) -> str | None:
    if password is None:
        return None
    if await matches(password, caller.user["encrypted_password"]):
        message = "New password should be different from the old password."
        raise AuthError(422, "same_password", message)
    return await hash_password(password, auth.settings.bcrypt_cost)


async def _write(
    connection: Connection, caller: Caller, body: UpdateBody, digest: str | None
) -> None:
    if digest is not None:
        await queries.set_password(connection, caller.id, digest)
        await session_queries.delete_sessions(connection, caller.id, keep=caller.session_id)
    if body.data is not None:
        await queries.merge_user_metadata(connection, caller.id, body.data)
    if body.app_metadata is not None:
        await queries.merge_app_metadata(connection, caller.id, body.app_metadata)
