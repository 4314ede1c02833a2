"""What the endpoints ask over REST, explained as the gateway's own sessions run it, and undone."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import jwt
import psycopg
import pytest
import uvicorn
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.routing import Mount

from limelight.data.rest import RestDoor
from local.gateway.keys import LocalKeys
from local.gateway.rest import RestGateway, gateway
from local.gateway.rest.options import RestOptions
from local.gateway.settings import GatewaySettings
from tests.plans.explain import Seen, Statement, statement_of

SECONDS = 30.0
"""For one request: the world may have to be read through to say that it was."""


class OverRest:
    """A gateway whose every statement is heard, and none of whose requests is kept."""

    def __init__(self, url: str, keys: LocalKeys) -> None:
        self._url, self._keys = url, keys
        self.settings: dict[str, str] = {}
        """Of every transaction."""
        self._heard: list[Statement] = []

    def token(self, user_id: UUID) -> str:
        """As Supabase Auth signs it for a user."""
        claims = {"sub": str(user_id), "role": "authenticated", "exp": int(time.time()) + 3600}
        key = self._keys.signing_key
        return jwt.encode(claims, key.key, algorithm="ES256", headers={"kid": str(key.key_id)})

    def door(self, token: str | None) -> RestDoor:
        return RestDoor(self._url, self._keys.legacy_anon_key, token, SECONDS)

    def admin_door(self) -> RestDoor:
        return self.door(self._keys.legacy_service_role_key)

    @contextmanager
    def by_index(self) -> Iterator[None]:
        """Meanwhile no table is too small for its index."""
        self.settings["enable_seqscan"] = "off"
        yield
        self.settings.clear()

    def watch(self, call: Callable[[], object]) -> Seen:
        """What `call` does to the database, which is then as it was."""
        self._heard.clear()
        seen = Seen(answer=call())
        seen.statements = list(self._heard)
        return seen

    def hear(self, notice: psycopg.errors.Diagnostic) -> None:
        """What the gateway itself asks, about the schema, is no endpoint's."""
        told = statement_of(notice)
        if told is not None and not told.is_about_the_schema:
            self._heard.append(told)


@contextmanager
def serve(database_url: str) -> Iterator[OverRest]:
    """The gateway of a database whose sessions explain themselves, on a port of its own."""
    keys = LocalKeys.create()
    # With the protocol named, asyncio sends without delay.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        rest = OverRest(f"http://127.0.0.1:{listener.getsockname()[1]}", keys)
        with _listened_to(rest), _served(_application(database_url, keys, rest.settings), listener):
            yield rest


def _application(database_url: str, keys: LocalKeys, of_all: dict[str, str]) -> Starlette:
    settings = GatewaySettings(
        database_url=database_url,
        jwt_secret=keys.jwt_secret,
        anon_key=keys.publishable_key,
        secret_key=keys.secret_key,
        signing_key=keys.signing_key,
    )
    served = RestGateway(settings, RestOptions(tx_end="rollback", app_settings=of_all))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> Any:
        await served.open()
        yield
        await served.close()

    return Starlette(routes=[Mount("/rest/v1", served.app)], lifespan=lifespan)


@contextmanager
def _listened_to(rest: OverRest) -> Iterator[None]:
    """The gateway's pools, opened meanwhile, tell `rest` what they are told."""

    async def configure(connection: psycopg.AsyncConnection[Any]) -> None:
        connection.add_notice_handler(rest.hear)

    with pytest.MonkeyPatch.context() as patch:
        pool = partial(AsyncConnectionPool, configure=configure)
        patch.setattr(gateway, "AsyncConnectionPool", pool)
        yield


@contextmanager
def _served(app: Starlette, listener: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the gateway did not start"
            time.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=10)
