"""PKCE (RFC 7636): the code that a mail's link yields, and its exchange for a session."""

import base64
import hashlib
import hmac
from uuid import UUID

from pydantic import BaseModel

from local.gateway.auth import link_queries
from local.gateway.auth.database import Connection
from local.gateway.auth.errors import AuthError, validation_failed

FLOW_SECONDS = 300
METHODS = ("s256", "plain")


class Challenge(BaseModel):
    """The two fields that any request for a link may carry."""

    code_challenge: str | None = None
    code_challenge_method: str | None = None

    @property
    def is_pkce(self) -> bool:
        return bool(self.code_challenge)

    def check(self) -> None:
        if bool(self.code_challenge) != bool(self.code_challenge_method):
            raise validation_failed("PKCE flow requires code_challenge_method and code_challenge")
        if not self.code_challenge:
            return
        if not 43 <= len(self.code_challenge) <= 128:
            raise validation_failed("code challenge has to be between 43 and 128 characters")
        if (self.code_challenge_method or "").lower() not in METHODS:
            raise validation_failed(
                f'unsupported code_challenge method "{self.code_challenge_method}"'
            )

    async def remember(self, connection: Connection, user_id: UUID, method: str) -> None:
        if self.code_challenge and self.code_challenge_method:
            await link_queries.insert_flow(
                connection,
                user_id,
                self.code_challenge,
                self.code_challenge_method.lower(),
                method,
            )


async def redeem_code(connection: Connection, code: str, verifier: str) -> UUID:
    """The account whose code this is. A code works once, for five minutes."""
    flow = await link_queries.flow_by_code(connection, code)
    if flow is None or flow["user_id"] is None:
        raise AuthError(
            404, "flow_state_not_found", "invalid flow state, no valid flow state found"
        )
    if flow["age_seconds"] > FLOW_SECONDS:
        raise AuthError(404, "flow_state_expired", "invalid flow state, flow state has expired")
    if not _proves(verifier, flow["code_challenge"], flow["code_challenge_method"]):
        message = "code challenge does not match previously saved code verifier"
        raise AuthError(400, "bad_code_verifier", message)
    await link_queries.delete_flow(connection, flow["id"])
    user_id: UUID = flow["user_id"]
    return user_id


def _proves(verifier: str, challenge: str, method: str) -> bool:
    if method == "plain":
        return hmac.compare_digest(verifier.encode(), challenge.encode())
    digest = hashlib.sha256(verifier.encode()).digest()
    computed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(computed, challenge)
