"""Mails that are recorded instead of sent.

Each carries what the real one would: a six-digit code for `POST /verify`, a token hash for the
same, and the link. Tests read them at `GET /auth/v1/_local/mails?to=` (secret key) or in the
table `local_gateway.mails`.
"""

import hashlib
import secrets
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.gateway.auth.context import Auth, require_admin
from local.gateway.auth.database import Connection
from local.gateway.auth.representation import time_json

KEPT = 10_000
"""Older mails are forgotten."""

PKCE_PREFIX = "pkce_"


def new_otp() -> str:
    return f"{secrets.randbelow(1_000_000):06}"


def hash_otp(address: str, otp: str) -> str:
    """What is kept of a code: as Supabase Auth, SHA-224 of address and code."""
    return hashlib.sha224(f"{address}{otp}".encode()).hexdigest()


async def record_mail(
    auth: Auth,
    connection: Connection,
    *,
    kind: str,
    recipient: str,
    user_id: UUID,
    otp: str,
    token_hash: str,
    redirect_to: str | None,
) -> None:
    """Keep the mail that says: open this link, or type this code."""
    query = urlencode(
        {
            "token": token_hash,
            "type": kind,
            "redirect_to": redirect_to or auth.settings.site_url,
        }
    )
    await connection.execute(
        """
        insert into local_gateway.mails (kind, recipient, user_id, otp, token_hash, link)
        values (%(kind)s, %(recipient)s, %(user)s, %(otp)s, %(hash)s, %(link)s)
        """,
        {
            "kind": kind,
            "recipient": recipient,
            "user": user_id,
            "otp": otp,
            "hash": token_hash,
            "link": f"{auth.settings.issuer}/verify?{query}",
        },
    )
    await connection.execute(
        """
        delete from local_gateway.mails
        where id <= (select max(id) from local_gateway.mails) - %(kept)s
        """,
        {"kept": KEPT},
    )


async def list_mails(request: Request) -> Response:
    """GET /_local/mails?to= — newest first, at most 100."""
    require_admin(request)
    async with Auth.of(request).database.transaction() as connection:
        cursor = await connection.execute(
            """
            select *
            from local_gateway.mails
            where %(to)s = ''
              or recipient = %(to)s
            order by id desc
            limit 100
            """,
            {"to": request.query_params.get("to", "").lower()},
        )
        rows = await cursor.fetchall()
    return JSONResponse({"mails": [_mail_json(row) for row in rows]})


def _mail_json(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "user_id": str(row["user_id"]), "sent_at": time_json(row["sent_at"])}
