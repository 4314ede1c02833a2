"""Who calls too often is told so, after authentication and before any work.

Every counted answer says how its caller stands, in the fields of the IETF's draft
ratelimit-headers-10: `RateLimit-Policy: "gift-60s";q=10;w=60, …` and, for the tightest window,
`RateLimit: "gift-60s";r=7;t=42`, where `t` is until `r` grows. A refusal carries `Retry-After`.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final, Protocol, cast

from fastapi import Depends, Request, params

from limelight.errors import Problem
from limelight.http.blocking import blocking
from limelight.http.patterns import Pattern
from limelight.http.windows import windows
from limelight.limits.models import Limit, Per, Standing, Window
from limelight.platform.settings import kernel_settings

HEADER: Final = "RateLimit"
POLICY_HEADER: Final = "RateLimit-Policy"

_NETWORK_BITS: Final = 64
_ON_THE_POOL: Final = "limelight.limits.service"
_OVER_REST: Final = "limelight.limits.addresses"
_COUNTERS: Final[Mapping[tuple[Pattern, Per], str]] = {
    (Pattern.SQL, Per.USER): _ON_THE_POOL,
    (Pattern.SQL, Per.USER_AND_STREAM): _ON_THE_POOL,
    (Pattern.MONEY, Per.USER): _ON_THE_POOL,
    (Pattern.MONEY, Per.USER_AND_STREAM): _ON_THE_POOL,
    (Pattern.REST, Per.ADDRESS): _OVER_REST,
}


class Counter(Protocol):
    """Where a shared limit is counted."""

    def take(self, limit: Limit, subject: str) -> Standing: ...


class LimitTogether:
    """Counts a request with those that other sandboxes have let through."""

    def __init__(self, counter: Counter, limit: Limit) -> None:
        self._take = blocking(counter.take)
        self._limit = limit

    async def __call__(self, request: Request) -> None:
        ids = _path_ids(request)
        if ids is None:
            return  # about to be refused for its path, before any query
        subject = _subject(self._limit.per, request, ids)
        _admit(request, self._limit, await self._take(self._limit, subject))


class LimitHere:
    """Counts a request in this sandbox alone: no round trip, and nothing that could fail."""

    async def __call__(self, request: Request) -> None:
        caller = request.state.caller
        who = caller.user_id if caller else source_address(request)
        allowed = kernel_settings().default_requests_per_minute
        _admit(request, Limit.DEFAULT, windows.take((self, who), allowed))


def limit_dependencies(pattern: Pattern, limit: Limit) -> list[params.Depends]:
    """What an endpoint that declares `limit` depends on, after the caller is known.

    Raises KeyError for a limit that an endpoint of this pattern has no way to count.
    """
    if limit is Limit.NONE:
        return []
    if limit is Limit.DEFAULT:
        return [Depends(LimitHere())]
    counter = cast("Counter", import_module(_COUNTERS[pattern, limit.per]))
    return [Depends(LimitTogether(counter, limit))]


def source_address(request: Request) -> str:
    """Where a request came from, by API Gateway's word in the request's context, or the socket's on
    a laptop; never by a header's. An IPv6 network of 64 bits counts as one: it is one customer's.
    """
    host = (request.client.host if request.client else None) or "unknown"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((address, _NETWORK_BITS), strict=False))


def _subject(per: Per, request: Request, ids: Mapping[str, object]) -> str:
    if per is Per.ADDRESS:
        return source_address(request)
    user_id = request.state.caller.user_id
    return f"{user_id} {ids['streamId']}" if per is Per.USER_AND_STREAM else str(user_id)


def _path_ids(request: Request) -> Mapping[str, object] | None:
    """The ids in the path, in one spelling each; None when the endpoint takes no such id."""
    ids: dict[str, Any] = {}
    for field in request.scope["route"].dependant.path_params:
        given = request.path_params[field.alias]
        ids[field.alias], faults = field.validate(given, loc=("path", field.alias))
        if faults:
            return None
    return ids


def _admit(request: Request, limit: Limit, standing: Standing) -> None:
    request.state.rate_limit = _headers(limit, standing)
    if not standing.admitted:
        raise Problem("rate_limited", retry_after=standing.tightest.reset_seconds)


def _headers(limit: Limit, standing: Standing) -> Mapping[str, str]:
    tightest = standing.tightest
    return {
        POLICY_HEADER: _policies(limit, standing.windows),
        HEADER: f"{_name(limit, tightest)};r={tightest.remaining};t={tightest.reset_seconds}",
    }


def _policies(limit: Limit, all_windows: Sequence[Window]) -> str:
    return ", ".join(
        f"{_name(limit, one)};q={one.max_requests};w={one.seconds}" for one in all_windows
    )


def _name(limit: Limit, window: Window) -> str:
    return f'"{limit}-{window.seconds}s"'
