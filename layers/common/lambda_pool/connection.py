"""A connection whose every wait ends at the deadline, and the making of one."""

import contextlib
import select
from typing import Any, Final

import psycopg
from psycopg import errors as pg
from psycopg import generators, waiting
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from lambda_pool.clock import remaining
from lambda_pool.errors import DeadlineExceeded

TICK_SECONDS: Final = 0.1
CANCEL_SECONDS: Final = 0.25
"""Kept back from a statement's time, to tell the server that its answer is not waited for."""


class Connection(psycopg.Connection[DictRow]):
    """A psycopg connection that gives a statement up at the deadline and is then closed.

    psycopg has no time limit of its own for an answer, a server's statement_timeout does not bound
    the wait for a busy pooler, and tcp_user_timeout does not see a stalled one.
    """

    default_seconds: float

    def wait[Result](
        self, gen: PQGen[Result], interval: float = TICK_SECONDS, timeout: float | None = None
    ) -> Result:
        """Waits for the server, never past the deadline. Raises DeadlineExceeded."""
        left = remaining(self.default_seconds)
        allowed = max(left - CANCEL_SECONDS, left / 2)
        try:
            return super().wait(
                gen, interval, allowed if timeout is None else min(timeout, allowed)
            )
        except pg._WaitTimeout:  # noqa: SLF001 - psycopg lets no public name out of `wait`
            self._give_up()
            raise DeadlineExceeded("the statement did not finish in time") from None

    @property
    def is_reusable(self) -> bool:
        """Whether the next client may have it: open, and outside any transaction."""
        return not self.closed and self.pgconn.transaction_status == TransactionStatus.IDLE

    @property
    def is_silent(self) -> bool:
        """Whether nothing has arrived on the socket. An idle server has nothing to say: whatever
        waits there is the end of the connection, or the reason for it."""
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return not poll.poll(0)

    def _give_up(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self.cancel_safe(timeout=min(CANCEL_SECONDS, remaining(self.default_seconds)))
        self.close()


def connect(conninfo: str, *, seconds: float, default_seconds: float) -> Connection:
    """A new connection within `seconds`: autocommit on, prepared statements off, rows as dicts.

    Connects in the calling thread. Raises what psycopg raises; ConnectionTimeout when time is up.
    """
    try:
        pgconn = waiting.wait_conn(generators.connect(conninfo), TICK_SECONDS, seconds)
    except pg._WaitTimeout:  # noqa: SLF001 - as above
        raise pg.ConnectionTimeout("no connection in time") from None
    connection = Connection(pgconn, dict_row)
    connection.default_seconds = default_seconds
    connection.prepare_threshold = None
    connection.set_autocommit(True)
    return connection


type Row = dict[str, Any]
