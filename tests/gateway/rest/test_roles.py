"""Tokens, roles, and what the database knows of the request."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest

from local.gateway.rest.errors import ApiError
from local.gateway.rest.tokens import identify
from tests.gateway.rest.conftest import SECRET

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from local.gateway.settings import GatewaySettings

type Headers = dict[str, str]


def whoami(rest: httpx.Client, **headers: str) -> Any:
    answer = rest.get("/rpc/whoami", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_without_a_token_the_anonymous_role(rest: httpx.Client) -> None:
    found = whoami(rest)
    assert (found["role"], found["claims"]) == ("anon", {"role": "anon"})
    assert whoami(rest, Authorization="Basic eDp5")["role"] == "anon"


def test_the_token_names_the_role_and_carries_the_claims(
    rest: httpx.Client, token: Callable[..., str]
) -> None:
    found = whoami(rest, Authorization="bearer " + token(sub="ada", aud="authenticated"))
    assert found["role"] == "authenticated"
    assert found["claims"] == {"role": "authenticated", "sub": "ada", "aud": "authenticated"}


def test_a_token_of_the_signing_key(rest: httpx.Client, signing_key: jwt.PyJWK) -> None:
    signed = jwt.encode(
        {"role": "service_role"}, signing_key.key, "ES256", headers={"kid": signing_key.key_id}
    )
    assert whoami(rest, Authorization=f"Bearer {signed}")["role"] == "service_role"
    other = jwt.encode({"role": "anon"}, signing_key.key, "ES256", headers={"kid": "other"})
    refused = rest.get("/tags", headers={"Authorization": f"Bearer {other}"})
    assert refused.json()["details"] == "No suitable key was found to decode the JWT"


def test_the_request_is_known_to_the_database(
    rest: httpx.Client, bearer: Callable[..., Headers]
) -> None:
    headers = {"X-Test": "tried", "Cookie": "other=1; taste=sweet"}
    found = whoami(rest, **bearer(), **headers)
    assert found["method"] == "GET"
    assert found["path"] == "/rpc/whoami"
    assert found["cookie"] == "sweet"
    assert found["header"] == "tried"
    assert found["search_path"] == '"api", "api", "extensions"'
    assert found["read_only"] == "on"


def test_headers_are_utf8(rest: httpx.Client) -> None:
    answer = rest.get("/rpc/whoami", headers=[(b"X-Test", "café".encode())])
    assert answer.json()["header"] == "café"


def test_the_settings_of_the_role_and_of_the_function_hold(
    rest: httpx.Client, bearer: Callable[..., Headers]
) -> None:
    assert whoami(rest)["timeout"] == "0"
    assert whoami(rest, **bearer("authenticated"))["timeout"] == "3s"
    assert whoami(rest, **bearer("service_role"))["isolation"] == "serializable"
    assert rest.get("/rpc/slow_setting", headers=bearer("authenticated")).json() == "7s"


def test_a_statement_that_takes_too_long_is_ended(
    rest: httpx.Client, bearer: Callable[..., Headers]
) -> None:
    answer = rest.post("/rpc/sleep_long", json={}, headers=bearer("authenticated"))
    assert (answer.status_code, answer.json()["code"]) == (500, "57014")


def test_policies_see_the_claims(rest: httpx.Client, bearer: Callable[..., Headers]) -> None:
    ada = bearer(sub="ada")
    assert rest.get("/diaries", headers=ada).json() == [
        {"id": 1, "owner": "ada", "content": "private"}
    ]
    assert rest.get("/diaries").json() == []
    assert len(rest.get("/diaries", headers=bearer("service_role")).json()) == 2
    hidden = rest.patch("/diaries?id=eq.2", json={"content": "x"}, headers=ada)
    assert (hidden.status_code, hidden.headers["content-range"]) == (204, "*/*")
    forged = rest.post("/diaries", json={"owner": "borges"}, headers=ada)
    assert (forged.status_code, forged.json()["code"]) == (403, "42501")


def test_missing_rights_are_401_for_anonymous_and_403_for_others(
    rest: httpx.Client, bearer: Callable[..., Headers]
) -> None:
    anonymous = rest.get("/vault")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "42501")
    assert anonymous.headers["www-authenticate"] == "Bearer"
    known = rest.get("/vault", headers=bearer())
    assert (known.status_code, known.json()["code"]) == (403, "42501")
    assert "www-authenticate" not in known.headers


def test_an_unknown_role_is_401(rest: httpx.Client, bearer: Callable[..., Headers]) -> None:
    answer = rest.get("/tags", headers=bearer("nobody"))
    assert (answer.status_code, answer.json()["code"]) == (401, "22023")
    assert answer.json()["message"] == 'role "nobody" does not exist'


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


GOOD = jwt.encode({"role": "anon"}, SECRET, "HS256")


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ("", "Empty JWT is sent in Authorization header"),
        ("sb_publishable_x", "Expected 3 parts in JWT; got 1"),
        ("a.b", "Expected 3 parts in JWT; got 2"),
        (GOOD[:-4] + "AAAA", "No suitable key or wrong key type"),
        (jwt.encode({}, "x" * 40, "HS256"), "No suitable key or wrong key type"),
        (jwt.encode({}, SECRET * 2, "HS512"), "No suitable key or wrong key type"),
        (f"{part({'alg': 'none'})}.{part({})}.", "Wrong or unsupported encoding algorithm"),
        ("!.b.c", "JWT cryptographic operation failed"),
        (f"{part([])}.b.c", "JWT couldn't be decoded"),
    ],
)
def test_tokens_that_cannot_be_read(rest: httpx.Client, token: str, message: str) -> None:
    answer = rest.get("/tags", headers={"Authorization": f"Bearer {token}".rstrip()})
    assert answer.status_code == 401
    assert (answer.json()["code"], answer.json()["message"]) == ("PGRST301", message)
    assert answer.headers["www-authenticate"] == (
        f'Bearer error="invalid_token", error_description="{message}"'
    )


NOW = int(time.time())


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"exp": NOW - 60}, "JWT expired"),
        ({"nbf": NOW + 86_400}, "JWT not yet valid"),
        ({"iat": NOW + 86_400}, "JWT issued at future"),
        ({"exp": "soon"}, "The JWT 'exp' claim must be a number"),
        ({"nbf": True}, "The JWT 'nbf' claim must be a number"),
        ({"iat": []}, "The JWT 'iat' claim must be a number"),
        ({"aud": 1}, "The JWT 'aud' claim must be a string or an array of strings"),
        ({"aud": ["a", 1]}, "The JWT 'aud' claim must be a string or an array of strings"),
    ],
)
def test_claims_that_do_not_hold(rest: httpx.Client, claims: dict[str, Any], message: str) -> None:
    signed = jwt.api_jws.encode(
        json.dumps({"role": "anon", **claims}).encode(), SECRET, algorithm="HS256"
    )
    answer = rest.get("/tags", headers={"Authorization": f"Bearer {signed}"})
    assert answer.status_code == 401
    assert (answer.json()["code"], answer.json()["message"]) == ("PGRST303", message)


def test_clocks_may_differ_a_little(rest: httpx.Client, bearer: Callable[..., Headers]) -> None:
    now = int(time.time())
    assert rest.get("/tags", headers=bearer(exp=now - 20, nbf=now + 20)).status_code == 200


@pytest.mark.parametrize(
    ("audience", "accepted"),
    [
        *(("ours", True), (["theirs", "ours"], True), ([], True), (None, True)),
        *(("", False), ("theirs", False), (["theirs"], False)),
    ],
)
def test_a_token_for_another_audience(
    make_settings: Callable[..., GatewaySettings], audience: object, accepted: bool
) -> None:
    claims = {"role": "authenticated", "aud": audience}
    held = f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"
    if accepted:
        assert identify(make_settings("unused"), held, audience="ours").role == "authenticated"
        return
    with pytest.raises(ApiError) as caught:
        identify(make_settings("unused"), held, audience="ours")
    assert (caught.value.code, caught.value.status) == ("PGRST303", 401)
