"""Every API key with every token: who is let in, and as whom."""

import asyncio
import dataclasses
import itertools
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.gateway.apikeys import RequireApiKey, is_open
from local.gateway.keys import LocalKeys, legacy_key
from tests.gateway.harness import settings_for

KEYS = LocalKeys.create()
SETTINGS = settings_for("postgresql://nowhere", KEYS)
ANON, SERVICE = KEYS.legacy_anon_key, KEYS.legacy_service_role_key
USER = "eyJ.user.jwt"

ROLE_OF = {
    KEYS.publishable_key: ANON,
    ANON: ANON,
    KEYS.secret_key: SERVICE,
    SERVICE: SERVICE,
}
NAMES: Final = dict(zip(ROLE_OF, ("publishable", "anon", "secret", "service_role"), strict=True))
"""Keys are made anew each time: tests are named after what they are."""


async def echo(request: Request) -> Response:
    """What the product behind the keys sees."""
    return JSONResponse(
        {
            "authorization": request.headers.get("authorization"),
            "query": request.url.query,
        }
    )


def get(path: str, *, anon_key: str = KEYS.publishable_key, **request: Any) -> httpx.Response:
    """GET `path` through the keys, from a program that is no browser unless told."""
    behind = Starlette(routes=[Route("/{path:path}", echo)])
    app = RequireApiKey(behind, dataclasses.replace(SETTINGS, anon_key=anon_key))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://local") as client:
            return await client.get(path, **request)

    return asyncio.run(ask())


def seen(key: str, authorization: str | None, path: str = "/rest/v1/t") -> str:
    headers = {"apikey": key} | ({"Authorization": authorization} if authorization else {})
    answer = get(path, headers=headers)
    assert answer.status_code == 200
    token: str = answer.json()["authorization"]
    return token


@pytest.mark.parametrize("key", ROLE_OF, ids=NAMES.get)
def test_a_key_alone_is_its_role(key: str) -> None:
    assert seen(key, None) == f"Bearer {ROLE_OF[key]}"


@pytest.mark.parametrize(
    ("key", "other"), list(itertools.product(ROLE_OF, repeat=2)), ids=NAMES.get
)
def test_an_opaque_key_in_authorization_is_the_role_of_the_apikey(key: str, other: str) -> None:
    expected = ROLE_OF[key] if other.startswith("sb_") else other

    assert seen(key, f"Bearer {other}") == f"Bearer {expected}"


@pytest.mark.parametrize("key", ROLE_OF, ids=NAMES.get)
@pytest.mark.parametrize("authorization", [f"Bearer {USER}", f"bearer {USER}", "Basic abc"])
def test_a_token_of_ones_own_stays_also_beside_a_secret_key(key: str, authorization: str) -> None:
    assert seen(key, authorization) == authorization


@pytest.mark.parametrize("path", ["/rest/v1/t", "/auth/v1/user", "/realtime/v1/api/broadcast"])
def test_without_a_key_nothing_is_served(path: str) -> None:
    answer = get(path, headers={"Authorization": f"Bearer {USER}"})

    assert answer.status_code == 401
    assert answer.json() == {"message": "No API key found in request"}
    assert answer.headers["WWW-Authenticate"] == 'Key realm="kong"'


@pytest.mark.parametrize(
    "key",
    [
        "nonsense",
        "sb_publishable_other",
        LocalKeys.create().legacy_service_role_key,
        KEYS.publishable_key.upper(),
    ],
    ids=["nonsense", "of nobody", "of another project", "in capitals"],
)
def test_an_unknown_key_is_refused(key: str) -> None:
    answer = get("/rest/v1/t", headers={"apikey": key})

    assert answer.status_code == 401
    assert answer.json() == {"message": "Invalid authentication credentials"}


def test_a_key_may_come_in_the_query_and_goes_no_further() -> None:
    answer = get("/rest/v1/t", params={"a": "eq.1 2", "apikey": KEYS.publishable_key, "b": ""})

    assert answer.json() == {"authorization": f"Bearer {ANON}", "query": "a=eq.1+2&b="}


@pytest.mark.parametrize(
    "path",
    [
        "/auth/v1/.well-known/jwks.json",
        "/auth/v1/verify",
        "/auth/v1/callback",
        "/auth/v1/authorize",
        "/health",
    ],
)
def test_open_paths_need_no_key(path: str) -> None:
    assert is_open(path)
    assert get(path).status_code == 200


@pytest.mark.parametrize(
    "path", ["/auth/v1/verifyx", "/auth/v1", "/rest/v1/auth/v1/verify", "/healthy"]
)
def test_paths_that_only_look_open_are_not(path: str) -> None:
    assert not is_open(path)


@pytest.mark.parametrize(
    ("key", "status"),
    [(KEYS.secret_key, 401), (SERVICE, 200), (KEYS.publishable_key, 200), (ANON, 200)],
    ids=NAMES.get,
)
def test_a_secret_key_is_refused_in_a_browser(key: str, status: int) -> None:
    browser = {"apikey": key, "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/150.0"}

    answer = get("/rest/v1/t", headers=browser)

    assert answer.status_code == status
    if status == 401:
        assert answer.json()["message"] == "Forbidden use of secret API key in browser"


def test_the_projects_keys_may_themselves_be_legacy_ones() -> None:
    demo = legacy_key("anon", "another secret that is long enough to sign")

    answer = get("/rest/v1/t", anon_key=demo, headers={"apikey": demo})

    assert answer.json()["authorization"] == f"Bearer {ANON}"


def test_every_header_name_is_read_in_any_case() -> None:
    answer = get(
        "/rest/v1/t",
        headers=httpx.Headers({"apiKey": KEYS.publishable_key, "AUTHORIZATION": f"Bearer {USER}"}),
    )

    assert answer.json()["authorization"] == f"Bearer {USER}"
