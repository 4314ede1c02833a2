"""POST /signup."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.gateway.auth import queries
from local.gateway.auth.addresses import check_email, refuse_phone
from local.gateway.auth.context import Auth, present_user, read_body
from local.gateway.auth.database import Connection
from local.gateway.auth.errors import AuthError, unexpected_failure, validation_failed
from local.gateway.auth.links import redirect_of, send_confirmation
from local.gateway.auth.passwords import check_strength, hash_password
from local.gateway.auth.pkce import Challenge
from local.gateway.auth.representation import made_up_user
from local.gateway.auth.sessions import Client, open_session

EMAIL_PROVIDER = {"provider": "email", "providers": ["email"]}


class SignupBody(Challenge):
    email: str | None = None
    phone: str | None = None
    password: str | None = None
    data: dict[str, Any] | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        return self.data or {}


async def signup(request: Request) -> Response:
    """A Session when accounts are confirmed at once, else the bare User.

    The token in `Authorization` is not looked at: a client that is signed in sends its old one.
    """
    auth, body = Auth.of(request), await read_body(request, SignupBody)
    email, password = _check(auth, body)
    async with auth.database.transaction() as connection:
        known = await queries.user_by_email(connection, email)
    if known is not None and known["email_confirmed_at"] is not None:
        return _already_registered(auth, email, body)
    # Hashed with no transaction open: it takes as long as a hundred queries.
    digest = await hash_password(password, auth.settings.bcrypt_cost) if known is None else ""
    async with auth.database.transaction() as connection:
        # An unconfirmed account keeps its first password: nobody has proved to own the address.
        user_id = known["id"] if known else await _create(connection, email, digest, body)
        return JSONResponse(await _welcome(auth, connection, request, user_id, email, body))


def _check(auth: Auth, body: SignupBody) -> tuple[str, str]:
    if not auth.settings.signup_enabled:
        raise AuthError(422, "signup_disabled", "Signups not allowed for this instance")
    if not body.email and not body.phone:
        message = "Anonymous sign-ins are disabled"
        raise AuthError(422, "anonymous_provider_disabled", message)
    if not body.password:
        raise validation_failed("Signup requires a valid password")
    check_strength(body.password, auth.settings.password_min_length)
    if body.email and body.phone:
        message = "Only an email address or phone number should be provided on signup."
        raise validation_failed(message)
    refuse_phone(body.phone)
    body.check()
    return check_email(body.email), body.password


def _already_registered(auth: Auth, email: str, body: SignupBody) -> Response:
    if auth.settings.autoconfirm:
        raise AuthError(422, "user_already_exists", "User already registered")
    return JSONResponse(made_up_user(uuid4(), email, body.metadata))


async def _create(connection: Connection, email: str, password_hash: str, body: SignupBody) -> UUID:
    """The account and its e-mail identity; a trigger that refuses leaves neither."""
    user_id = uuid4()
    try:
        await queries.insert_user(
            connection,
            user_id=user_id,
            email=email,
            password_hash=password_hash,
            app_metadata=EMAIL_PROVIDER,
            user_metadata=body.metadata,
        )
    except psycopg.Error as error:
        raise unexpected_failure("Database error saving new user", error) from error
    try:
        await queries.set_role(connection, user_id, "authenticated")
        identity = {**body.metadata, **email_identity(user_id, email)}
        await queries.insert_email_identity(connection, user_id, identity)
        await queries.merge_user_metadata(connection, user_id, identity)
    except psycopg.Error as error:
        raise unexpected_failure("Database error updating user", error) from error
    return user_id


async def _welcome(
    auth: Auth,
    connection: Connection,
    request: Request,
    user_id: UUID,
    email: str,
    body: SignupBody,
) -> dict[str, Any]:
    if not auth.settings.autoconfirm:
        await body.remember(connection, user_id, "email/signup")
        await send_confirmation(
            auth, connection, user_id, email, redirect_of(request), pkce=body.is_pkce
        )
        return await present_user(connection, user_id)
    try:
        await queries.confirm_email(connection, user_id)
    except psycopg.Error as error:
        raise unexpected_failure("Database error updating user", error) from error
    return await open_session(auth, connection, user_id, "password", Client.of(request))


def email_identity(user_id: UUID, email: str) -> dict[str, Any]:
    """What Supabase Auth adds to a new account's identity and metadata."""
    return {"sub": str(user_id), "email": email, "email_verified": False, "phone_verified": False}
