"""A stand-in that speaks just enough of the protocol to fail as Supavisor fails.

Supavisor comes in a container and cannot be had here; what a client sees of its troubles is an
ErrorResponse (FATAL, XX000, a code in parentheses) at login or in place of an answer, and then the
end of the connection. The texts are those of its `lib/supavisor/errors`.
"""

import contextlib
import socketserver
import struct
import threading
from collections import deque
from dataclasses import dataclass
from typing import Final, Self

from local.host.ports import LOOPBACK

TLS_REQUEST: Final = 80877103
STARTUP: Final = 196608
COLUMN: Final = b"one\x00" + struct.pack("!IHIhih", 0, 0, 23, 4, -1, 0)


@dataclass(frozen=True)
class Trouble:
    """An error as Supavisor words it."""

    text: str
    sqlstate: str = "XX000"

    def message(self) -> bytes:
        """The ErrorResponse."""
        fields = {"S": "FATAL", "V": "FATAL", "C": self.sqlstate, "M": self.text}
        body = b"".join(f"{key}{value}\0".encode() for key, value in fields.items())
        return _message(b"E", body + b"\0")


EMAXCONN: Final = Trouble("(EMAXCONN) max client connections reached, limit: 200")
EMAXCONNSESSION: Final = Trouble(
    "(EMAXCONNSESSION) max clients reached in session mode"
    " - max clients are limited to pool_size: 15"
)
EMAXCLIENTCONN: Final = Trouble("(EMAXCLIENTCONN) max client connections reached, limit: 200")
ECHECKOUTTIMEOUT: Final = Trouble(
    "(ECHECKOUTTIMEOUT) unable to check out connection from the pool after 60000ms"
    " in Transaction mode"
)
ECHECKOUTTIMEOUT_REWORDED: Final = Trouble(
    "(ECHECKOUTTIMEOUT) Pool checkout timeout. Request was dropped after 60000ms in Transaction"
    " mode."
)
ECIRCUITBREAKER: Final = Trouble("(ECIRCUITBREAKER) Too many authentication errors")
EDBHANDLEREXITED: Final = Trouble(
    "(EDBHANDLEREXITED) DbHandler exited. Check logs for more information"
)
EDBHANDLEREXITED_CLOSED: Final = Trouble(
    "(EDBHANDLEREXITED) connection to database closed. Check logs for more information"
)
EAUTHQUERY: Final = Trouble("(EAUTHQUERY) auth_query connection failed")
WRONG_PASSWORD: Final = Trouble('password authentication failed for user "limelight"', "28P01")


class Supavisor(socketserver.ThreadingTCPServer):
    """Answers every statement with one row, unless a trouble is due.

    Troubles are used up in order: `at_login` one per connection, `at_statement` one per statement.
    The last one given stays for good when `for_good`.
    """

    daemon_threads = True

    def __init__(
        self,
        *,
        at_login: list[Trouble] | None = None,
        at_statement: list[Trouble] | None = None,
        for_good: bool = False,
    ) -> None:
        super().__init__((LOOPBACK, 0), _Client)
        self.connections = 0
        self.statements = 0
        self.at_login = deque(at_login or ())
        self.at_statement = deque(at_statement or ())
        self._for_good = for_good
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *arguments: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def conninfo(self) -> str:
        return f"host={LOOPBACK} port={self.server_address[1]} user=limelight sslmode=disable"

    def due(self, troubles: deque[Trouble]) -> Trouble | None:
        """The next trouble of a kind, if any is left."""
        if not troubles:
            return None
        return troubles[0] if self._for_good and len(troubles) == 1 else troubles.popleft()


class _Client(socketserver.StreamRequestHandler):
    server: Supavisor

    def handle(self) -> None:
        with contextlib.suppress(OSError, struct.error):
            if self._log_in():
                self._answer_statements()

    def _log_in(self) -> bool:
        code = self._startup()
        if code == TLS_REQUEST:
            self.wfile.write(b"N")
            code = self._startup()
        if code != STARTUP:
            return False  # a cancel request: there is nothing to cancel
        self.server.connections += 1
        trouble = self.server.due(self.server.at_login)
        if trouble:
            self.wfile.write(trouble.message())
            return False
        self.wfile.write(
            _message(b"R", struct.pack("!I", 0))
            + _message(b"S", b"client_encoding\0UTF8\0")
            + _message(b"S", b"server_version\0" + b"17.6\0")
            + _message(b"K", struct.pack("!II", 1, 1))
            + _message(b"Z", b"I")
        )
        return True

    def _answer_statements(self) -> None:
        while kind := self.rfile.read(1):
            self._body()
            if kind == b"X":
                return
            if kind not in b"QS":  # the parts of an extended query before its Sync
                continue
            self.server.statements += 1
            trouble = self.server.due(self.server.at_statement)
            if trouble:
                self.wfile.write(trouble.message())
                return
            self.wfile.write(_rows(parsed=kind == b"S"))

    def _startup(self) -> int:
        code: int = struct.unpack("!I", self._body()[:4])[0]
        return code

    def _body(self) -> bytes:
        (length,) = struct.unpack("!I", self.rfile.read(4))
        return self.rfile.read(length - 4)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


def _rows(*, parsed: bool) -> bytes:
    """The answer `one = 1`, with an extended query's acknowledgements when `parsed`."""
    return (
        (_message(b"1", b"") + _message(b"2", b"") if parsed else b"")
        + _message(b"T", struct.pack("!H", 1) + COLUMN)
        + _message(b"D", struct.pack("!Hi", 1, 1) + b"1")
        + _message(b"C", b"SELECT 1\0")
        + _message(b"Z", b"I")
    )
