"""Who is let in, at every endpoint."""

from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

import pytest

from local.facts.endpoints import HttpFunction
from tests.integration.api import Api
from tests.integration.every_endpoint.asking import (
    ALL,
    SAMPLES,
    WITH_ROLE,
    WITH_TOKEN,
    WITHOUT_TOKEN,
    ask,
    every,
)
from tests.integration.people import Person
from tests.integration.tokens import Tokens


@every(WITH_TOKEN)
def test_an_endpoint_for_accounts_asks_for_a_token(api: Api, function: HttpFunction) -> None:
    refused = ask(api, function)

    assert (refused.status, refused.code) == (401, "authentication_required")
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.headers["cache-control"] == "no-store"


@every(WITH_TOKEN)
@pytest.mark.parametrize("header", ["Basic bm92YTpwYXNz", "Bearer", "Bearer ", "Token abc", ""])
def test_an_authorization_that_is_no_bearer_token_is_none(
    api: Api, function: HttpFunction, header: str
) -> None:
    refused = ask(api, function, headers={"Authorization": header})

    assert (refused.status, refused.code) == (401, "authentication_required")


type Make = Callable[[Tokens, UUID], str]

BAD_TOKENS: Mapping[str, Make] = {
    "forged with another key": lambda tokens, who: tokens.forged(who),
    "signed with an unknown key": lambda tokens, who: tokens.forged(who, "nobody's key"),
    "changed after it was signed": lambda tokens, who: tokens.tampered(who, app_metadata={"a": 1}),
    "not signed": lambda tokens, who: tokens.unsigned(who),
    "signed with the public key": lambda tokens, who: tokens.by_public_key(who),
    "signed with a legacy secret": lambda tokens, who: tokens.by_legacy_secret(who),
    "for another audience": lambda tokens, who: tokens.signed(who, aud="elsewhere"),
    "for no audience": lambda tokens, who: tokens.signed(who, aud=None),
    "of another issuer": lambda tokens, who: tokens.signed(who, iss="https://evil.example/auth/v1"),
    "of no issuer": lambda tokens, who: tokens.signed(who, iss=None),
    "without an end": lambda tokens, who: tokens.signed(who, exp=None),
    "not yet valid": lambda tokens, who: tokens.signed(who, nbf=4_000_000_000),
    "of nobody": lambda tokens, who: tokens.signed(who, sub=None),
    "of a subject that is no id": lambda tokens, who: tokens.signed(who, sub="nova"),
    "of an anonymous session": lambda tokens, who: tokens.signed(who, is_anonymous=True),
    "of the service role": lambda tokens, who: tokens.signed(who, role="service_role"),
    "without a key's name": lambda tokens, who: tokens.signed(who, headers={"kid": ""}),
    "of an account that never was": lambda tokens, _: tokens.signed(uuid4()),
    "too long": lambda tokens, who: tokens.signed(who, app_metadata={"a": "a" * 10_000}),
    "not a token": lambda *_: "nova",
    "three empty parts": lambda *_: "..",
    "not ASCII": lambda *_: "é.é.é",
}


@every(SAMPLES)
@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_token_that_is_not_ours_lets_nobody_in(
    api: Api, tokens: Tokens, admin: Person, function: HttpFunction, make: Make
) -> None:
    refused = ask(api, function, make(tokens, admin.id))

    assert (refused.status, refused.code) == (401, "token_invalid")
    assert refused.headers["www-authenticate"].startswith("Bearer")


@every(ALL)
def test_a_forged_token_lets_nobody_in_anywhere(
    api: Api, tokens: Tokens, admin: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, tokens.forged(admin.id))

    assert (refused.status, refused.code) == (401, "token_invalid")


@every(ALL)
def test_a_token_that_has_expired_says_so(
    api: Api, tokens: Tokens, admin: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, tokens.signed(admin.id, exp=1_700_000_000))

    assert (refused.status, refused.code) == (401, "token_expired")


@every(ALL)
def test_the_token_of_a_deleted_account_lets_nobody_in(
    api: Api, deleted: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, deleted.token)

    assert (refused.status, refused.code) == (401, "token_invalid")


@every(ALL)
def test_a_suspended_account_is_told_so_even_where_no_token_is_needed(
    api: Api, suspended: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, suspended.token)

    assert (refused.status, refused.code) == (403, "account_suspended")


@every(WITH_ROLE)
def test_an_endpoint_of_a_role_refuses_the_others(
    api: Api, fan_of_all: Person, function: HttpFunction
) -> None:
    refused = ask(api, function, fan_of_all.token)

    assert (refused.status, refused.code) == (403, "role_required")


@every(WITH_ROLE)
def test_a_role_that_a_token_claims_has_no_effect(
    api: Api, tokens: Tokens, fan_of_all: Person, function: HttpFunction
) -> None:
    boast = {"role": "admin", "app_role": "admin", "is_admin": True}
    token = tokens.signed(fan_of_all.id, user_metadata=boast, user_role="admin")

    refused = ask(api, function, token)

    assert (refused.status, refused.code) == (403, "role_required")


@every(ALL)
def test_a_good_token_gets_past_the_door(api: Api, admin: Person, function: HttpFunction) -> None:
    answer = ask(api, function, admin.token)

    assert answer.status not in (401, 500, 503), answer.text


@every(WITHOUT_TOKEN)
def test_an_open_endpoint_needs_no_token(api: Api, function: HttpFunction) -> None:
    answer = ask(api, function)

    assert answer.status not in (401, 403, 500, 503), answer.text
