"""The REST half as a part of a server: its pool, its schema cache, its ASGI app."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount

from local.gateway.rest.errors import ApiError, internal, no_connection, no_schema_cache
from local.gateway.rest.introspection import read_catalogue, read_fingerprint
from local.gateway.rest.options import RestOptions
from local.gateway.rest.pgerrors import from_database
from local.gateway.rest.request import read_request
from local.gateway.rest.responses import error_answer
from local.gateway.rest.service import Service
from local.gateway.rest.tokens import Caller, identify
from local.gateway.rest.transaction import Session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

    from local.gateway.rest.catalogue import Catalogue
    from local.gateway.rest.responses import Answer
    from local.gateway.settings import GatewaySettings

logger = logging.getLogger(__name__)

_CHANNEL = "pgrst"
_RELOADS = ("", "reload schema", "reload config")
_RETRY_SECONDS = 1.0
_MAYBE_STALE = frozenset(
    {
        *("PGRST200", "PGRST201", "PGRST202", "PGRST203", "PGRST204", "PGRST205"),
        *("42P01", "42703", "42883", "0A000", "42804"),
    }
)
"""Errors that may come from knowing an older database."""
_LOST = frozenset({"57P01", "57P02", "08000", "08003", "08006"})


class RestGateway:
    """PostgREST's half of the gateway. `app` is to be mounted; a mounted app has no lifespan of
    its own, so whoever mounts it calls `open` and `close`."""

    def __init__(self, settings: GatewaySettings, options: RestOptions | None = None) -> None:
        self._settings = settings
        self._options = options or RestOptions()
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._catalogue: Catalogue | None = None
        self._listener: asyncio.Task[None] | None = None
        self._reloading = asyncio.Lock()
        self.app = Starlette(routes=[Mount("/", app=self._serve)], lifespan=self._lifespan)

    async def open(self) -> None:
        """Connect, read the schema and start listening for changes to it."""
        if self._pool is not None:
            return
        self._pool = AsyncConnectionPool(
            self._settings.database_url,
            min_size=1,
            max_size=self._options.pool_size,
            timeout=self._options.pool_timeout,
            kwargs={"prepare_threshold": None},
            open=False,
        )
        await self._pool.open()
        with contextlib.suppress(psycopg.Error):
            await self.reload()
        self._listener = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop listening and close every connection."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None
        if self._pool is not None:
            await self._pool.close()
            self._pool = None

    async def reload(self) -> None:
        """Read the schema again."""
        async with self._reloading, self._opened.connection() as connection:
            self._catalogue = await read_catalogue(connection, self._settings)

    @property
    def _opened(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        if self._pool is None:
            raise no_connection("The gateway is not open")
        return self._pool

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await self.open()
        try:
            yield
        finally:
            await self.close()

    # --- the schema cache ---------------------------------------------------------------------

    async def _listen(self) -> None:
        """Reload on `notify pgrst`, for as long as the gateway is open."""
        while True:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError) as error:
                logger.warning("Lost the listening connection: %s", error)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen_once(self) -> None:
        connection = await AsyncConnection.connect(self._settings.database_url, autocommit=True)
        async with connection:
            await connection.execute(f"listen {_CHANNEL}")
            await self._reload_if_changed()
            async for notice in connection.notifies():
                if notice.payload in _RELOADS:
                    await self.reload()

    async def _reload_if_changed(self) -> bool:
        """Reload when the catalogue is no longer the one that was read. Whether it was not."""
        async with self._opened.connection() as connection:
            now = await read_fingerprint(connection)
        if self._catalogue is not None and self._catalogue.fingerprint == now:
            return False
        await self.reload()
        return True

    # --- requests -----------------------------------------------------------------------------

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._answer(request)
        response = Response(answer.body, status_code=answer.status)
        for name, content in answer.headers:
            # Not `headers[name]`: a function may set several cookies.
            response.raw_headers.append((name.lower().encode(), content.encode()))
        if request.method == "HEAD" or answer.status in (204, 304):
            response.raw_headers = [
                pair for pair in response.raw_headers if pair[0] != b"content-length"
            ]
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Answer:
        caller = Caller(self._settings.anon_role, is_anonymous=True)
        try:
            caller = identify(
                self._settings,
                request.headers.get("authorization"),
                audience=self._options.audience,
            )
            return await self._dispatch(request, caller)
        except ApiError as error:
            return error_answer(error)
        except psycopg.Error as error:
            return error_answer(from_database(error, is_anonymous=caller.is_anonymous))
        except Exception:
            logger.exception("A request failed")
            return error_answer(internal("Internal error"))

    async def _dispatch(self, request: Request, caller: Caller) -> Answer:
        """Answer; once more when the first answer may be due to an old schema or a restart."""
        try:
            return await self._attempt(request, caller)
        except ApiError as error:
            if error.code not in _MAYBE_STALE or not await self._reload_if_changed():
                raise
        except psycopg.Error as error:
            if not await self._is_worth_repeating(request, error):
                raise
        return await self._attempt(request, caller)

    async def _is_worth_repeating(self, request: Request, error: psycopg.Error) -> bool:
        """A read whose connection was lost, or anything after the schema changed.

        When one connection is lost the others are too, so all are replaced. A write is not
        repeated: it may have been kept.
        """
        if _is_loss(error):
            await self._opened.drain()
            return request.method in ("GET", "HEAD")
        return error.sqlstate in _MAYBE_STALE and await self._reload_if_changed()

    async def _attempt(self, request: Request, caller: Caller) -> Answer:
        if self._catalogue is None:
            await self._first_read()
        if self._catalogue is None:
            raise no_schema_cache()
        understood = read_request(
            self._settings,
            self._options,
            request.method,
            _path_within(request.scope),
            request.scope["query_string"],
            request.headers,
        )
        session = Session(self._settings, self._options, self._catalogue, caller, understood)
        body = await request.body() if understood.has_body else b""
        return await Service(self._opened).answer(session, body)

    async def _first_read(self) -> None:
        try:
            await self.reload()
        except psycopg.Error as error:
            raise no_schema_cache() from error


def _is_loss(error: psycopg.Error) -> bool:
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, PoolTimeout):
        return False
    return error.sqlstate is None or error.sqlstate in _LOST


def _path_within(scope: Scope) -> str:
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")) or "/"


def create_rest_app(settings: GatewaySettings, options: RestOptions | None = None) -> Starlette:
    """The REST half alone, with a lifespan: for a server of its own and for tests."""
    return RestGateway(settings, options).app
