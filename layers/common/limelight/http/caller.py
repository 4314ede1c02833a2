"""Who is calling: from the verified token and the database, never from the body."""

from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from limelight.errors import Problem
from limelight.http.accounts import Account, Directory, find_account
from limelight.http.blocking import blocking
from limelight.http.patterns import Who
from limelight.http.tokens import verify
from limelight.schema import UserId

bearer = HTTPBearer(auto_error=False, description="An access token of Supabase Auth.")


@dataclass(frozen=True, slots=True)
class CallerAccount:
    """The account behind the request. The token is for the REST door, and stays out of logs."""

    user_id: UserId
    role: str
    token: str = field(repr=False)


class Authorise:
    """Lets a request in, or not, by what the endpoint declared; run before anything else."""

    def __init__(self, directory: Directory, who: Who) -> None:
        self._directory = directory
        self._who = who

    async def __call__(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
    ) -> None:
        request.state.caller = await self._caller(credentials)

    @blocking
    def _caller(self, credentials: HTTPAuthorizationCredentials | None) -> CallerAccount | None:
        if credentials is None:
            if self._who.token_is_optional:
                return None
            raise Problem("authentication_required", headers={"WWW-Authenticate": "Bearer"})
        identity = verify(credentials.credentials)
        account = find_account(self._directory, identity.user_id, identity.token)
        if account is None or account.status == "deleted":
            raise Problem("token_invalid", headers={"WWW-Authenticate": "Bearer"})
        self._check(account)
        return CallerAccount(account.user_id, account.role, identity.token)

    def _check(self, account: Account) -> None:
        if account.status == "suspended":
            raise Problem("account_suspended")
        if self._who is Who.ADMIN and account.role != "admin":
            raise Problem("role_required")
        if self._who is Who.CREATOR and account.role not in ("creator", "admin"):
            raise Problem("role_required")


async def _caller(request: Request) -> CallerAccount:
    return cast("CallerAccount", request.state.caller)


async def _visitor(request: Request) -> UserId | None:
    caller = cast("CallerAccount | None", request.state.caller)
    return caller.user_id if caller else None


Caller = Annotated[CallerAccount, Depends(_caller)]
"""The caller of an endpoint that needs a token."""

Visitor = Annotated[UserId | None, Depends(_visitor)]
"""Who calls an endpoint that needs no token: a user's id, or None."""


async def _request_id(request: Request) -> str:
    return cast("str", request.state.request_id)


RequestId = Annotated[str, Depends(_request_id)]
"""The request's id, for an audit row."""
