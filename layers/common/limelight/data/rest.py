"""What both REST doors share: a throw-away client per request over one pool of HTTP connections.

supabase-py keeps the caller's token in a header map that its calls share. A client that lives for
one request cannot hand one caller's token to the next: only the HTTP connections outlive a request,
and they carry no identity.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import httpx
from postgrest import APIError, APIResponse, SyncPostgrestClient

from limelight.data.errors import DataError, DataUnavailable
from limelight.data.observer import observed
from limelight.platform.snapstart import around_snapshot

KEEPALIVE_SECONDS: Final = 5.0
"""HTTP connections idle longer are not used again: a frozen sandbox wakes up with dead ones."""

_OUTAGES: Final = frozenset({"PGRST000", "PGRST001", "PGRST002", "PGRST003", "57014", "57P01"})
_UNREADABLE_BODY: Final = frozenset({"502", "503", "504", "520"})

_clients: Final[dict[float, httpx.Client]] = {}
_making: Final = threading.Lock()
"""Requests that are first at once would each make a client, and lose all but one unclosed."""

type Row = dict[str, Any]


class Executable(Protocol):
    """A postgrest request that is ready to be sent."""

    def execute(self) -> APIResponse: ...


class RestDoor:
    """A client of one Supabase project for one identity, to be made anew for every request.

    `key` is the project's API key; `token`, when given, is the caller's JWT and decides the role.
    """

    def __init__(self, url: str, key: str, token: str | None, timeout_seconds: float) -> None:
        self.url = url.rstrip("/")
        self.headers = {"apikey": key, "Authorization": f"Bearer {token or key}"}
        self.http = _http(timeout_seconds)
        postgrest = SyncPostgrestClient(
            f"{self.url}/rest/v1",
            headers=self.headers,
            http_client=self.http,
            retry_enabled=False,
        )
        self.table = postgrest.table
        self.rpc = postgrest.rpc


def fetch_all(name: str, request: Executable) -> list[Row]:
    """Sends `request` and answers its rows; `name` is what logs and metrics call it.

    Raises DataError when the project refuses it, DataUnavailable when it does not answer.
    """
    data = _send(name, request)
    return data if isinstance(data, list) else [data]


def fetch_one(name: str, request: Executable) -> Row | None:
    """The first row, or None. Raises as `fetch_all`."""
    rows = fetch_all(name, request)
    return rows[0] if rows else None


def call(name: str, request: Executable) -> Any:
    """What a remote procedure answers. Raises as `fetch_all`."""
    return _send(name, request)


def _send(name: str, request: Executable) -> Any:
    with observed(name) as run, refusals():
        data = request.execute().data
        run.rows = len(data) if isinstance(data, list) else 1
        return data


@contextmanager
def refusals() -> Iterator[None]:
    """Turns what postgrest and httpx raise into the errors of `limelight.data.errors`."""
    try:
        yield
    except APIError as error:
        code = error.code or ""
        if code in _OUTAGES or code in _UNREADABLE_BODY or code.startswith(("08", "53")):
            raise DataUnavailable(code) from error
        raise DataError(code, error.message or "", str(error.details or "")) from error
    except httpx.HTTPError as error:
        raise DataUnavailable(type(error).__name__) from error


def _http(timeout_seconds: float) -> httpx.Client:
    with _making:
        if timeout_seconds not in _clients:
            _clients[timeout_seconds] = httpx.Client(
                timeout=timeout_seconds,
                limits=httpx.Limits(max_connections=10, keepalive_expiry=KEEPALIVE_SECONDS),
            )
        return _clients[timeout_seconds]


def close() -> None:
    """Closes the HTTP connections; the next request opens new ones (SnapStart, tests)."""
    for client in _clients.values():
        client.close()
    _clients.clear()


around_snapshot(close)
