"""Asking for a mail: confirmation of a new account, recovery, change of address."""

from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.gateway.auth import link_queries, queries
from local.gateway.auth.addresses import check_email, refuse_phone
from local.gateway.auth.context import Auth, read_body
from local.gateway.auth.database import Connection, Row
from local.gateway.auth.errors import validation_failed
from local.gateway.auth.mails import PKCE_PREFIX, hash_otp, new_otp, record_mail
from local.gateway.auth.pkce import Challenge

RESEND_TYPES = ("signup", "email_change", "sms", "phone_change")


class RecoverBody(Challenge):
    email: str | None = None


class ResendBody(Challenge):
    type: str | None = None
    email: str | None = None
    phone: str | None = None


async def recover(request: Request) -> Response:
    """POST /recover: 200 `{}` whether or not anyone has this address."""
    auth, body = Auth.of(request), await read_body(request, RecoverBody)
    if not body.email:
        raise validation_failed("Password recovery requires an email")
    body.check()
    email = check_email(body.email)
    async with auth.database.transaction() as connection:
        user = await queries.user_by_email(connection, email)
        if user is not None:
            await body.remember(connection, user["id"], "recovery")
            await send_recovery(auth, connection, user, redirect_of(request), pkce=body.is_pkce)
    return JSONResponse({})


async def resend(request: Request) -> Response:
    """POST /resend: 200 `{}` whether or not there was anything to send again."""
    auth, body = Auth.of(request), await read_body(request, ResendBody)
    if body.type not in RESEND_TYPES:
        raise validation_failed(f"Missing one of these types: {', '.join(RESEND_TYPES)}")
    refuse_phone(body.phone)
    if not body.email:
        raise validation_failed("Type provided requires an email address")
    body.check()
    email = check_email(body.email)
    async with auth.database.transaction() as connection:
        user = await queries.user_by_email(connection, email)
        if user is not None:
            await _resend(auth, connection, user, body, redirect_of(request))
    return JSONResponse({})


async def _resend(
    auth: Auth, connection: Connection, user: Row, body: ResendBody, redirect_to: str | None
) -> None:
    if body.type == "signup" and user["email_confirmed_at"] is None:
        await body.remember(connection, user["id"], "email/signup")
        await send_confirmation(
            auth, connection, user["id"], user["email"], redirect_to, pkce=body.is_pkce
        )
    if body.type == "email_change" and user["email_change"]:
        await body.remember(connection, user["id"], "email_change")
        await send_email_change(
            auth, connection, user, user["email_change"], redirect_to, pkce=body.is_pkce
        )


async def send_confirmation(
    auth: Auth,
    connection: Connection,
    user_id: UUID,
    email: str,
    redirect_to: str | None,
    *,
    pkce: bool,
) -> None:
    otp, token_hash = _new_token(email, pkce=pkce)
    await link_queries.set_confirmation(connection, user_id, token_hash)
    await record_mail(
        auth,
        connection,
        kind="signup",
        recipient=email,
        user_id=user_id,
        otp=otp,
        token_hash=token_hash,
        redirect_to=redirect_to,
    )


async def send_recovery(
    auth: Auth, connection: Connection, user: Row, redirect_to: str | None, *, pkce: bool
) -> None:
    otp, token_hash = _new_token(user["email"], pkce=pkce)
    await link_queries.set_recovery(connection, user["id"], token_hash)
    await record_mail(
        auth,
        connection,
        kind="recovery",
        recipient=user["email"],
        user_id=user["id"],
        otp=otp,
        token_hash=token_hash,
        redirect_to=redirect_to,
    )


async def send_email_change(
    auth: Auth,
    connection: Connection,
    user: Row,
    new_email: str,
    redirect_to: str | None,
    *,
    pkce: bool,
) -> None:
    """A mail to the new address and, where both must agree, one to the current address."""
    recipients = [new_email]
    if auth.settings.double_confirm_email_change and user["email"]:
        recipients.append(user["email"])
    tokens = {recipient: _new_token(recipient, pkce=pkce) for recipient in recipients}
    current = tokens.get(user["email"], ("", ""))
    await link_queries.set_email_change(
        connection, user["id"], new_email, tokens[new_email][1], current[1]
    )
    for recipient, (otp, token_hash) in tokens.items():
        await record_mail(
            auth,
            connection,
            kind="email_change",
            recipient=recipient,
            user_id=user["id"],
            otp=otp,
            token_hash=token_hash,
            redirect_to=redirect_to,
        )


def redirect_of(request: Request) -> str | None:
    return request.query_params.get("redirect_to") or None


def _new_token(email: str, *, pkce: bool) -> tuple[str, str]:
    otp = new_otp()
    prefix = PKCE_PREFIX if pkce else ""
    return otp, prefix + hash_otp(email, otp)
