"""A TCP proxy that does to connections what networks and poolers do.

It stands between a client and a server on loopback, on an event loop in a thread of its own, so
that a test can act on connections while the code under test blocks on them.

To match what is said (`cut_answer_to` and the like) the proxy must see plain text: the fixtures'
PgBouncer takes clients with and without TLS, and only tests that need to look inside go without.
"""

import asyncio
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any, Self

from local.host.ports import LOOPBACK

PATIENCE_SECONDS = 5
SETTLING_SECONDS = 0.01
CHUNK_BYTES = 65536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)

type Matcher = Callable[[bytes], bool]


def says(text: str) -> Matcher:
    """Matches what a client sends when `text` is in it, in whatever case."""
    wanted = text.lower().encode()
    return lambda data: wanted in data.lower()


class _Loss(Enum):
    """How an exchange is lost."""

    REQUEST = auto()
    """Cut before the server hears of it."""
    ANSWER = auto()
    """Cut after the server did it and answered."""
    SILENCE = auto()
    """Done and answered, but the client hears nothing, not even the end of the connection."""


class _Link:
    """One client's connection and its counterpart at the server."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.silent = False
        self.loss: _Loss | None = None
        self.client_spoke_last = False
        self.gone = asyncio.Event()

    def reset(self) -> None:
        for writer in (self.client, self.server):
            raw = writer.get_extra_info("socket")
            if raw.fileno() >= 0:
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            writer.transport.abort()

    def close(self) -> None:
        self.client.close()
        self.server.close()


class Proxy:
    """Forwards a port of its own to `upstream`, and misbehaves on request.

    `delay_up` and `delay_down` are seconds that every chunk to and from the server waits.
    """

    def __init__(self, upstream: int) -> None:
        self.delay_up = 0.0
        self.delay_down = 0.0
        self.connections = 0
        """Ever accepted."""
        self.most_open = 0
        """At the same time."""
        self.flights = 0
        """Times that a client spoke after its server had: round trips."""
        self.bytes = 0
        """In both directions."""
        self._upstream = upstream
        self._links: set[_Link] = set()
        self._traps: deque[tuple[Matcher, _Loss]] = deque()
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._serving: set[asyncio.Task[None]] = set()
        self._listeners: list[asyncio.Server] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._listen(0))
        self.port: int = self._listeners[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_SECONDS)
        self._loop.close()

    @property
    def open(self) -> int:
        """Connections that stand now."""
        return len(self._links)

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """Within, nothing moves in either direction; after it, everything goes on."""
        self._do(self._flow(going=False))
        try:
            yield
        finally:
            self._do(self._flow(going=True))

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Within, new connections are refused; the present ones stay."""
        self._do(self._stop_listening())
        try:
            yield
        finally:
            self._do(self._listen(self.port))

    def half_open(self) -> None:
        """The present connections go silent for good: what is sent is lost, and no end is told."""
        for link in list(self._links):
            link.silent = True

    def cut(self) -> None:
        """Resets the present connections (RST)."""
        self._do(self._each(_Link.reset))

    def close(self) -> None:
        """Ends the present connections in order (FIN)."""
        self._do(self._each(_Link.close))

    def cut_request(self, matches: Matcher) -> None:
        """Resets the connection on which the next match is said, before the server hears it.

        This loss and the two below are used up one by one, in the order they were asked for.
        """
        self._traps.append((matches, _Loss.REQUEST))

    def cut_answer_to(self, matches: Matcher) -> None:
        """Lets the server do what the next match says, and resets instead of passing its answer."""
        self._traps.append((matches, _Loss.ANSWER))

    def swallow_answer_to(self, matches: Matcher) -> None:
        """As `cut_answer_to`, but leaves the client waiting on an open connection."""
        self._traps.append((matches, _Loss.SILENCE))

    @property
    def sprung(self) -> bool:
        """Whether everything that was to be lost is lost."""
        return not self._traps

    def _do(self, action: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(action, self._loop).result(PATIENCE_SECONDS)

    async def _listen(self, port: int) -> None:
        self._flowing.set()
        self._listeners.append(await asyncio.start_server(self._accept, LOOPBACK, port))

    async def _stop_listening(self) -> None:
        for listener in self._listeners:
            listener.close()

    async def _flow(self, *, going: bool) -> None:
        if going:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _each(self, act: Callable[[_Link], None]) -> None:
        links = list(self._links)
        for link in links:
            act(link)
        await asyncio.gather(*(link.gone.wait() for link in links))

    async def _shut_down(self) -> None:
        await self._flow(going=True)
        # Whoever has just come in is let in first: asyncio loses the socket of a connection that
        # it is accepting when the listener closes.
        await asyncio.sleep(SETTLING_SECONDS)
        await self._stop_listening()
        for link in list(self._links):
            link.reset()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        try:
            from_server, server = await asyncio.open_connection(LOOPBACK, self._upstream)
        except (OSError, asyncio.CancelledError):
            client.transport.abort()
            return
        link = _Link(client, server)
        self._links.add(link)
        self.connections += 1
        self.most_open = max(self.most_open, len(self._links))
        try:
            await asyncio.gather(self._up(link, reader), self._down(link, from_server))
        except asyncio.CancelledError:
            return
        finally:
            link.close()
            self._links.discard(link)
            link.gone.set()

    async def _up(self, link: _Link, reader: asyncio.StreamReader) -> None:
        while data := await _read(reader):
            await self._flowing.wait()
            self.bytes += len(data)
            self.flights += not link.client_spoke_last
            link.client_spoke_last = True
            await asyncio.sleep(self.delay_up)
            if link.silent:
                continue
            if self._traps and self._traps[0][0](data):
                _, link.loss = self._traps.popleft()
            if link.loss is _Loss.REQUEST:
                link.reset()
                return
            link.server.write(data)
        await self._pass_on_end(link, link.server)

    async def _down(self, link: _Link, reader: asyncio.StreamReader) -> None:
        while data := await _read(reader):
            await self._flowing.wait()
            self.bytes += len(data)
            link.client_spoke_last = False
            await asyncio.sleep(self.delay_down)
            if link.loss is _Loss.ANSWER:
                link.reset()
                return
            if link.loss is not _Loss.SILENCE and not link.silent:
                link.client.write(data)
        await self._pass_on_end(link, link.client)

    async def _pass_on_end(self, link: _Link, other: asyncio.StreamWriter) -> None:
        await self._flowing.wait()
        if not (link.silent and other is link.client):
            other.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """What has arrived; nothing at the end, in whatever way it came."""
    try:
        return await reader.read(CHUNK_BYTES)
    except OSError:
        return b""
