"""An endpoint that spends coins has a rate limit of its own, and every limit can be counted."""

from typing import Final

import pytest

from limelight.http import Endpoint, Limit, Pattern, Who
from limelight.limits.models import Per
from local.documents.openapi import openapi
from local.facts.endpoints import HttpFunction, http_functions
from local.services.limits import declared_limits

MINUTE, HOUR, DAY = 60, 3_600, 86_400

CONCLUDING: Final = {"calls/reject"}
"""What a creator does once to what somebody else began; nobody's coins are spent by it."""


def by_name(function: HttpFunction) -> str:
    return function.name


def spends(function: HttpFunction) -> bool:
    """Whether people spend or withdraw coins with it."""
    router = function.router
    return (
        router.pattern is Pattern.MONEY
        and function.method == "POST"
        and router.who in (Who.USER, Who.CREATOR)
        and function.name not in CONCLUDING
    )


@pytest.mark.parametrize("function", [*filter(spends, http_functions())], ids=by_name)
def test_who_spends_coins_is_counted_by_all_sandboxes_together(function: HttpFunction) -> None:
    assert function.router.limit.is_shared


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_only_another_platforms_signed_events_are_not_counted(function: HttpFunction) -> None:
    assert (function.router.limit is Limit.NONE) == (function.router.who is Who.SIGNED)


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_whom_a_limit_counts_is_known_when_it_counts(function: HttpFunction) -> None:
    """A user by a token that cannot be left out, a stream by the path."""
    per = function.router.limit.per

    if per in (Per.USER, Per.USER_AND_STREAM):
        assert not function.router.who.token_is_optional
    if per is Per.USER_AND_STREAM:
        assert "{streamId}" in function.path


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_the_api_document_names_the_limit(function: HttpFunction) -> None:
    operation = openapi()["paths"][function.path][function.method.lower()]

    limit = function.router.limit
    assert operation["x-rate-limit"] == {"name": limit.value, "per": limit.per.value}


@pytest.mark.parametrize(
    ("pattern", "limit"),
    [
        (Pattern.REST, Limit.GIFT),
        (Pattern.REST, Limit.CHAT),
        (Pattern.ADMIN, Limit.GIFT),
        (Pattern.ADMIN, Limit.SIGN_UP),
        (Pattern.SQL, Limit.SIGN_UP),
        (Pattern.MONEY, Limit.USERNAME_CHECK),
    ],
)
def test_a_limit_that_the_pattern_cannot_count_cannot_be_declared(
    pattern: Pattern, limit: Limit
) -> None:
    with pytest.raises(KeyError):
        Endpoint(pattern, Who.USER, tag="Streams", why="a limit out of reach", limit=limit)


def test_every_limit_is_some_endpoints() -> None:
    assert {function.router.limit for function in http_functions()} == set(Limit)


def test_every_shared_limit_is_a_rule_and_every_rule_a_limit() -> None:
    assert declared_limits().keys() == {limit.value for limit in Limit if limit.is_shared}


@pytest.mark.parametrize(
    ("limits", "figures"),
    [
        ((Limit.CHECKOUT, Limit.PAYOUT), {MINUTE: 5, HOUR: 30}),
        (
            (
                *(Limit.GIFT, Limit.TIP, Limit.DM_TIP, Limit.UNLOCK),
                *(Limit.STREAM_TICKET, Limit.SHOW_TICKET),
            ),
            {MINUTE: 10, HOUR: 60},
        ),
        ((Limit.CALL_REQUEST,), {MINUTE: 3, DAY: 50}),
        ((Limit.CHAT,), {MINUTE: 30}),
        ((Limit.SIGN_UP,), {MINUTE: 3}),
        ((Limit.USERNAME_CHECK,), {MINUTE: 20}),
    ],
)
def test_the_figures_are_the_contracts(limits: tuple[Limit, ...], figures: dict[int, int]) -> None:
    assert all(declared_limits()[limit] == figures for limit in limits)
