"""POST /token: password, refresh token and PKCE code for a session."""

from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.gateway.auth import queries
from local.gateway.auth.addresses import refuse_phone
from local.gateway.auth.context import Auth, is_banned, read_body
from local.gateway.auth.errors import AuthError, validation_failed
from local.gateway.auth.passwords import matches, weak_password
from local.gateway.auth.pkce import redeem_code
from local.gateway.auth.sessions import Client, open_session, refresh_session


class PasswordBody(BaseModel):
    email: str | None = None
    phone: str | None = None
    password: str | None = None


class RefreshBody(BaseModel):
    refresh_token: str | None = None


class CodeBody(BaseModel):
    auth_code: str | None = None
    code_verifier: str | None = None


async def token(request: Request) -> Response:
    """The token in `Authorization` is not looked at, as at sign-up."""
    grant = request.query_params.get("grant_type", "")
    if grant == "password":
        return JSONResponse(await _by_password(request))
    if grant == "refresh_token":
        body = await read_body(request, RefreshBody)
        if not body.refresh_token:
            return _oauth_error("invalid_request", "refresh_token required")
        return JSONResponse(await refresh_session(Auth.of(request), body.refresh_token))
    if grant == "pkce":
        return JSONResponse(await _by_code(request))
    if grant in ("id_token", "web3"):
        message = f"The {grant} grant is not served by the local gateway"
        raise AuthError(400, "provider_disabled", message)
    raise AuthError(400, "invalid_credentials", "unsupported_grant_type")


async def _by_password(request: Request) -> dict[str, Any]:
    auth, body = Auth.of(request), await read_body(request, PasswordBody)
    if body.email and body.phone:
        message = "Only an email address or phone number should be provided on login."
        raise validation_failed(message)
    refuse_phone(body.phone)
    if not body.email:
        raise validation_failed("missing email or phone")
    password = body.password or ""
    async with auth.database.transaction() as connection:
        user = await queries.user_by_email(connection, body.email)
    if user is None or not user["encrypted_password"]:
        raise _invalid_credentials()
    if is_banned(user):
        raise AuthError(400, "user_banned", "User is banned")
    if not await matches(password, user["encrypted_password"]):
        raise _invalid_credentials()
    if user["email_confirmed_at"] is None:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    async with auth.database.transaction() as connection:
        session = await open_session(auth, connection, user["id"], "password", Client.of(request))
    weak = weak_password(password, auth.settings.password_min_length)
    return session | ({"weak_password": weak} if weak else {})


async def _by_code(request: Request) -> dict[str, Any]:
    auth, body = Auth.of(request), await read_body(request, CodeBody)
    if not body.auth_code or not body.code_verifier:
        message = "invalid request: both auth code and code verifier should be non-empty"
        raise validation_failed(message)
    async with auth.database.transaction() as connection:
        user_id = await redeem_code(connection, body.auth_code, body.code_verifier)
        return await open_session(auth, connection, user_id, "otp", Client.of(request))


def _invalid_credentials() -> AuthError:
    return AuthError(400, "invalid_credentials", "Invalid login credentials")


def _oauth_error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400)
