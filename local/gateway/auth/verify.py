"""Redeeming what a mail carried: its link (GET) or its code or token hash (POST)."""

from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from local.gateway.auth import link_queries, queries
from local.gateway.auth.addresses import check_email, refuse_phone
from local.gateway.auth.context import Auth, is_banned, read_body
from local.gateway.auth.database import Connection, Row
from local.gateway.auth.errors import AuthError, validation_failed
from local.gateway.auth.mails import PKCE_PREFIX, hash_otp
from local.gateway.auth.sessions import Client, open_session

COLUMNS_OF = {
    "signup": ("confirmation_token",),
    "recovery": ("recovery_token",),
    "email_change": ("email_change_token_new", "email_change_token_current"),
    "email": ("confirmation_token", "recovery_token"),
}
FLOW_OF = {"signup": "email/signup", "recovery": "recovery", "email_change": "email_change"}
ONE_OF_TWO = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
LINK_EXPIRED = "Email link is invalid or has expired"
CODE_EXPIRED = "Token has expired or is invalid"

_OAUTH_ERRORS = {
    400: "invalid_request",
    401: "unauthorized_client",
    403: "access_denied",
    500: "server_error",
}


class VerifyBody(BaseModel):
    type: str | None = None
    token: str | None = None
    token_hash: str | None = None
    email: str | None = None
    phone: str | None = None


async def verify_code(request: Request) -> Response:
    """POST /verify: a Session, or word that the other address must agree too."""
    auth, body = Auth.of(request), await read_body(request, VerifyBody)
    token_hash, message = _hash_of(body)
    async with auth.database.transaction() as connection:
        user = await _redeem(auth, connection, body.type or "", token_hash, message)
        if user is None:
            return JSONResponse({"msg": ONE_OF_TWO, "code": "200"})
        return JSONResponse(await open_session(auth, connection, user, "otp", Client.of(request)))


async def verify_link(request: Request) -> Response:
    """GET /verify: always a redirect, to where the mail said, with a session, a code or an
    error."""
    auth = Auth.of(request)
    token = request.query_params.get("token", "")
    target = request.query_params.get("redirect_to") or auth.settings.site_url
    pkce = token.startswith(PKCE_PREFIX)
    try:
        outcome = await _follow(auth, request, token, pkce=pkce)
    except AuthError as error:
        outcome = {
            "error": _OAUTH_ERRORS.get(error.status, "server_error"),
            "error_code": error.code,
            "error_description": error.message,
        }
    return RedirectResponse(_with(target, outcome, in_query=pkce), status_code=303)


async def _follow(auth: Auth, request: Request, token: str, *, pkce: bool) -> dict[str, Any]:
    kind = request.query_params.get("type", "")
    if not token:
        raise validation_failed("Verify requires a token or a token hash")
    if kind not in FLOW_OF:
        raise validation_failed("Verify requires a verification type")
    async with auth.database.transaction() as connection:
        user = await _redeem(auth, connection, kind, token, LINK_EXPIRED)
        if user is None:
            return {"message": ONE_OF_TWO}
        if pkce:
            code = await link_queries.issue_code(connection, user, FLOW_OF[kind])
            if code is None:
                raise AuthError(404, "flow_state_not_found", "No associated flow state found")
            return {"code": code}
        session = await open_session(auth, connection, user, "otp", Client.of(request))
    return {name: session[name] for name in session if name != "user"} | {"type": kind}


def _hash_of(body: VerifyBody) -> tuple[str, str]:
    """The token hash that a POST stands for, and what to say when it is not (or no longer)
    known."""
    refuse_phone(body.phone)
    if body.type not in COLUMNS_OF:
        raise validation_failed("Verify requires a verification type")
    if body.token_hash:
        if body.token or body.email:
            raise validation_failed("Only the token_hash and type should be provided")
        return body.token_hash, LINK_EXPIRED
    if not body.token:
        raise validation_failed("Verify requires either a token or a token hash")
    if not body.email:
        message = "Only an email address or phone number should be provided on verify"
        raise validation_failed(message)
    return hash_otp(check_email(body.email), body.token), CODE_EXPIRED


async def _redeem(
    auth: Auth, connection: Connection, kind: str, token_hash: str, expired: str
) -> UUID | None:
    """Do what the mail was for. None when the other address still has to agree."""
    user = await _find(auth, connection, kind, token_hash)
    if user is None:
        raise AuthError(403, "otp_expired", expired)
    if is_banned(user):
        raise AuthError(403, "user_banned", "User is banned")
    user_id: UUID = user["id"]
    if kind == "email_change":
        return await _change_email(auth, connection, user, token_hash)
    if user["email_confirmed_at"] is None:
        await queries.confirm_email(connection, user_id)
    await link_queries.clear_recovery(connection, user_id)
    return user_id


async def _find(auth: Auth, connection: Connection, kind: str, token_hash: str) -> Row | None:
    for column in COLUMNS_OF[kind]:
        user = await link_queries.user_by_link(
            connection, column, token_hash, auth.settings.mail_token_seconds
        )
        if user is not None:
            return user
    return None


async def _change_email(
    auth: Auth, connection: Connection, user: Row, token_hash: str
) -> UUID | None:
    user_id: UUID = user["id"]
    both = auth.settings.double_confirm_email_change and user["email"]
    if both and user["email_change_confirm_status"] == 0:
        kept = next(
            hash_
            for hash_ in (user["email_change_token_new"], user["email_change_token_current"])
            if hash_.removeprefix(PKCE_PREFIX) == token_hash.removeprefix(PKCE_PREFIX)
        )
        await link_queries.accept_one_email_change_link(connection, user_id, kept)
        return None
    if await queries.email_is_taken(connection, user["email_change"], by_other_than=user_id):
        message = "A user with this email address has already been registered"
        raise AuthError(422, "email_exists", message)
    await link_queries.finish_email_change(connection, user_id)
    changes = {"email": user["email_change"], "email_verified": True}
    await queries.merge_email_identity(connection, user_id, changes)
    await queries.merge_user_metadata(connection, user_id, changes)
    return user_id


def _with(target: str, outcome: dict[str, Any], *, in_query: bool) -> str:
    parts = urlsplit(target)
    encoded = urlencode(outcome)
    if in_query:
        query = f"{parts.query}&{encoded}" if parts.query else encoded
        return urlunsplit(parts._replace(query=query))
    return urlunsplit(parts._replace(fragment=encoded))
