"""A gateway served for tests: real uvicorn, real PostgreSQL, real clients."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import uvicorn
from psycopg.rows import dict_row
from supabase import Client, ClientOptions, create_client

from local.gateway.app import create_gateway
from local.gateway.keys import LocalKeys
from local.gateway.settings import GatewaySettings

PASSWORD = "correct horse"
CURRENT = {"X-Supabase-Api-Version": "2024-01-01"}


@dataclass(frozen=True)
class Served:
    """A running gateway and what a test needs to talk to it."""

    settings: GatewaySettings
    keys: LocalKeys
    http: httpx.Client = field(repr=False)
    wire: httpx.Client = field(repr=False)
    """Under every supabase-py client, so that no socket outlives the tests."""

    @property
    def url(self) -> str:
        return self.settings.url

    @property
    def anon(self) -> dict[str, str]:
        return {"apikey": self.keys.publishable_key}

    @property
    def secret(self) -> dict[str, str]:
        return {"apikey": self.keys.secret_key}

    def as_user(self, token: str) -> dict[str, str]:
        return {**self.anon, "Authorization": f"Bearer {token}"}

    def client(self, key: str | None = None) -> Client:
        """A fresh supabase-py client; with the publishable key unless told."""
        options = ClientOptions(
            auto_refresh_token=False, persist_session=False, httpx_client=self.wire
        )
        return create_client(self.url, key or self.keys.publishable_key, options)

    def admin(self) -> Client:
        return self.client(self.keys.secret_key)

    def auth(self, method: str, path: str, **request: Any) -> httpx.Response:
        """A raw call to Auth, as a client of today's API version unless told."""
        headers = {**self.anon, **CURRENT, **request.pop("headers", {})}
        return self.http.request(method, f"/auth/v1{path}", headers=headers, **request)

    def session(self, email: str, password: str = PASSWORD) -> dict[str, Any]:
        """Sign in and return the Session's JSON."""
        answer = self.auth(
            "POST",
            "/token?grant_type=password",
            json={"email": email, "password": password},
        )
        assert answer.status_code == 200, answer.text
        session: dict[str, Any] = answer.json()
        return session

    def new_user(self, **attributes: Any) -> dict[str, Any]:
        """A confirmed account with a fresh address, made by the admin API."""
        body = {"email": fresh_email(), "password": PASSWORD, "email_confirm": True}
        answer = self.auth("POST", "/admin/users", headers=self.secret, json=body | attributes)
        assert answer.status_code == 200, answer.text
        user: dict[str, Any] = answer.json()
        return user

    def mails(self, recipient: str) -> list[dict[str, Any]]:
        """What this address would have received, newest first."""
        answer = self.auth("GET", "/_local/mails", headers=self.secret, params={"to": recipient})
        mails: list[dict[str, Any]] = answer.json()["mails"]
        return mails

    def sql(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of a query as the database's owner."""
        with psycopg.connect(self.settings.database_url, row_factory=dict_row) as connection:
            cursor = connection.execute(query.encode(), values)
            return cursor.fetchall() if cursor.description else []


def fresh_email() -> str:
    return f"fan-{uuid4().hex[:12]}@example.com"


def settings_for(database_url: str, keys: LocalKeys, **changes: Any) -> GatewaySettings:
    return GatewaySettings(
        database_url=database_url,
        jwt_secret=keys.jwt_secret,
        anon_key=keys.publishable_key,
        secret_key=keys.secret_key,
        signing_key=keys.signing_key,
        bcrypt_cost=4,
        **changes,
    )


@contextmanager
def serve(database_url: str, keys: LocalKeys, **changes: Any) -> Iterator[Served]:
    """A gateway on a free loopback port, over a database that is bootstrapped already."""
    # With the protocol named, asyncio sends without delay.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        settings = settings_for(database_url, keys, port=port, **changes)
        config = uvicorn.Config(create_gateway(settings), log_level="error", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive(), "the gateway did not start"
                time.sleep(0.01)
            with httpx.Client(base_url=settings.url, timeout=10) as http, httpx.Client() as wire:
                yield Served(settings, keys, http, wire)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
