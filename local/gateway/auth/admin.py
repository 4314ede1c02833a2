"""/admin/users: what a server may do with any account."""

import re
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import psycopg
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.gateway.auth import queries, session_queries
from local.gateway.auth.addresses import check_email, refuse_phone
from local.gateway.auth.context import Auth, present_user, read_body, require_admin
from local.gateway.auth.database import Connection, Row
from local.gateway.auth.errors import AuthError, unexpected_failure, validation_failed
from local.gateway.auth.passwords import (
    MAX_BYTES,
    check_strength,
    hash_password,
    random_password,
)
from local.gateway.auth.representation import user_json
from local.gateway.auth.signup import EMAIL_PROVIDER, email_identity

MAX_PER_PAGE = 1000
MAX_PAGE = 1_000_000_000
MAX_BAN_SECONDS = 2**63 / 1e9
"""The longest Go duration: 292 years."""
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")


class AdminBody(BaseModel):
    id: str | None = None
    role: str | None = None
    email: str | None = None
    phone: str | None = None
    password: str | None = None
    password_hash: str | None = None
    email_confirm: bool | None = None
    user_metadata: dict[str, Any] | None = None
    app_metadata: dict[str, Any] | None = None
    ban_duration: str | None = None


class DeleteBody(BaseModel):
    should_soft_delete: bool | None = None


async def list_users(request: Request) -> Response:
    """GET /admin/users?page=&per_page=&filter=: newest first, the total in `X-Total-Count`."""
    require_admin(request)
    page = _positive(request, "page", 1)
    per_page = min(_positive(request, "per_page", 50), MAX_PER_PAGE)
    search = request.query_params.get("filter", "")
    async with Auth.of(request).database.transaction() as connection:
        users = await queries.users_page(connection, search, per_page, (page - 1) * per_page)
        total = await queries.users_count(connection, search)
        found = await queries.identities_of(connection, [user["id"] for user in users])
    identities: dict[UUID, list[Row]] = {}
    for identity in found:
        identities.setdefault(identity["user_id"], []).append(identity)
    body = [user_json(user, identities.get(user["id"], [])) for user in users]
    return JSONResponse(
        {"users": body, "aud": "authenticated"},
        headers={"X-Total-Count": str(total), "Link": _links(request, page, per_page, total)},
    )


async def create_user(request: Request) -> Response:
    """POST /admin/users. A password is not judged; without one a random one is set."""
    require_admin(request)
    auth, body = Auth.of(request), await read_body(request, AdminBody)
    refuse_phone(body.phone)
    if not body.email:
        raise validation_failed("Cannot create a user without either an email or phone")
    email, user_id = check_email(body.email), _custom_id(body.id)
    async with auth.database.transaction() as connection:
        if await queries.email_is_taken(connection, email, by_other_than=user_id):
            message = "A user with this email address has already been registered"
            raise AuthError(422, "email_exists", message)
    ban_seconds = _ban_seconds(body.ban_duration)
    digest = await _first_digest(auth, body)
    async with auth.database.transaction() as connection:
        try:
            await _insert(connection, user_id, email, digest, body)
            await _change(connection, user_id, body, ban_seconds)
        except psycopg.Error as error:
            raise unexpected_failure("Database error creating new user", error) from error
        return JSONResponse(await present_user(connection, user_id))


async def get_user(request: Request) -> Response:
    """GET /admin/users/{id}."""
    require_admin(request)
    async with Auth.of(request).database.transaction() as connection:
        user = await _load(request, connection)
        return JSONResponse(await present_user(connection, user["id"]))


async def update_user(request: Request) -> Response:
    """PUT /admin/users/{id}: only what is sent; the address changes without a mail."""
    require_admin(request)
    auth = Auth.of(request)
    async with auth.database.transaction() as connection:
        user_id: UUID = (await _load(request, connection))["id"]
    body = await read_body(request, AdminBody)
    refuse_phone(body.phone)
    email = check_email(body.email) if body.email else None
    ban_seconds = _ban_seconds(body.ban_duration)
    digest = None
    if body.password is not None:
        check_strength(body.password, auth.settings.password_min_length)
        digest = await hash_password(body.password, auth.settings.bcrypt_cost)
    async with auth.database.transaction() as connection:
        try:
            if digest is not None:
                await queries.set_password(connection, user_id, digest)
                await session_queries.delete_sessions(connection, user_id)
            if email is not None:
                await _set_email(connection, user_id, email, confirmed=bool(body.email_confirm))
            await _change(connection, user_id, body, ban_seconds)
        except psycopg.Error as error:
            raise unexpected_failure("Error updating user", error) from error
        return JSONResponse(await present_user(connection, user_id))


async def delete_user(request: Request) -> Response:
    """DELETE /admin/users/{id} `{"should_soft_delete": false}`."""
    require_admin(request)
    auth = Auth.of(request)
    async with auth.database.transaction() as connection:
        user_id: UUID = (await _load(request, connection))["id"]
    soft = bool(await request.body()) and (await read_body(request, DeleteBody)).should_soft_delete
    async with auth.database.transaction() as connection:
        try:
            if soft:
                await queries.soft_delete_user(connection, user_id)
                await session_queries.delete_sessions(connection, user_id)
            else:
                await queries.delete_user(connection, user_id)
        except psycopg.Error as error:
            raise unexpected_failure("Database error deleting user", error) from error
    return JSONResponse({})


async def _load(request: Request, connection: Connection) -> Row:
    try:
        user_id = UUID(request.path_params["user_id"])
    except ValueError as error:
        raise AuthError(404, "validation_failed", "user_id must be an UUID") from error
    user = await queries.user_by_id(connection, user_id)
    if user is None:
        raise AuthError(404, "user_not_found", "User not found")
    return user


async def _first_digest(auth: Auth, body: AdminBody) -> str:
    if body.password and body.password_hash:
        raise validation_failed("Only a password or a password hash should be provided")
    if body.password_hash:
        if not body.password_hash.startswith("$2"):
            raise validation_failed("Only bcrypt hashes are served by the local gateway")
        return body.password_hash
    password = body.password or random_password()
    if len(password.encode()) > MAX_BYTES:
        raise validation_failed("bcrypt: password length exceeds 72 bytes")
    return await hash_password(password, auth.settings.bcrypt_cost)


async def _insert(
    connection: Connection, user_id: UUID, email: str, digest: str, body: AdminBody
) -> None:
    await queries.insert_user(
        connection,
        user_id=user_id,
        email=email,
        password_hash=digest,
        app_metadata=EMAIL_PROVIDER,
        user_metadata=body.user_metadata or {},
    )
    await queries.insert_email_identity(connection, user_id, email_identity(user_id, email))
    if not body.role:
        await queries.set_role(connection, user_id, "authenticated")


async def _change(
    connection: Connection, user_id: UUID, body: AdminBody, ban_seconds: float | None
) -> None:
    if body.role:
        await queries.set_role(connection, user_id, body.role.strip())
    if body.email_confirm:
        await queries.confirm_email(connection, user_id)
    if body.app_metadata is not None:
        await queries.merge_app_metadata(connection, user_id, body.app_metadata)
    if body.user_metadata is not None:
        await queries.merge_user_metadata(connection, user_id, body.user_metadata)
    if ban_seconds is not None:
        await queries.ban(connection, user_id, ban_seconds)


async def _set_email(connection: Connection, user_id: UUID, email: str, *, confirmed: bool) -> None:
    changes = {"email": email, "email_verified": confirmed}
    await queries.merge_email_identity(connection, user_id, changes)
    await queries.set_email(connection, user_id, email)


def _custom_id(text: str | None) -> UUID:
    if not text:
        return uuid4()
    try:
        user_id = UUID(text)
    except ValueError as error:
        raise validation_failed("ID must conform to the uuid v4 format") from error
    if user_id.int == 0:
        raise validation_failed("ID cannot be a nil uuid")
    return user_id


def _ban_seconds(duration: str | None) -> float | None:
    """Seconds of a Go duration (`24h`, `1h30m`); zero for `none`, None when nothing was asked."""
    if not duration:
        return None
    if duration == "none":
        return 0.0
    sign, parts = (-1.0, duration[1:]) if duration.startswith("-") else (1.0, duration)
    found = _DURATION_PART.findall(parts)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in found)
    read = "".join(number + unit for number, unit in found)
    if not found or read != parts.removeprefix("+") or seconds >= MAX_BAN_SECONDS:
        message = f'invalid format for ban duration: time: invalid duration "{duration}"'
        raise validation_failed(message)
    return sign * seconds


def _positive(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,10}", text) or not 0 < int(text) <= MAX_PAGE:
        raise validation_failed(f"Bad Pagination Parameters: {name} must be a positive number")
    return int(text)


def _links(request: Request, page: int, per_page: int, total: int) -> str:
    last = -(-total // per_page)
    links = [("next", page + 1)] if page < last else []
    return ", ".join(
        f'<{request.url.path}?{_page_query(request, number)}>; rel="{rel}"'
        for rel, number in [*links, ("last", last)]
    )


def _page_query(request: Request, page: int) -> str:
    return urlencode({**request.query_params, "page": str(page)})
