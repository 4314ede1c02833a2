"""The pool: at most a few connections, made and thrown away by the request that needs them."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final, LiteralString, NamedTuple

import psycopg
from psycopg.pq import TransactionStatus

from lambda_pool import plans, trouble
from lambda_pool.clock import Moment, now, remaining, since
from lambda_pool.connection import Connection, Row, connect
from lambda_pool.errors import (
    Busy,
    DeadlineExceeded,
    LoginRefused,
    NestedCheckout,
    OutcomeUnknown,
    QueryRefused,
    ShutOut,
    Unavailable,
)
from lambda_pool.query import Query, QueryRun

type ConnInfo = Callable[[bool], str]
"""The libpq connection string; True asks for the secret to be read anew."""
type Params = Mapping[str, object]
type Listener = Callable[[QueryRun], None]
type WaitListener = Callable[[float], None]

DEFAULT_SECONDS: Final = 15.0
"""How long anything may take when no deadline is set."""
LOGIN_BACKOFF_SECONDS: Final = 60.0
"""After a refused login: Supavisor shuts out a tenant that fails ten times within minutes, and
every sandbox that has the old password counts."""
SLOW_SECONDS: Final = 0.5
LOCK_SECONDS: Final = 2.0

_ROLLED_BACK: Final = frozenset({"40001", "40P01"})


class Stats(NamedTuple):
    """How many connections are open, and how many of those wait or work."""

    open: int
    idle: int
    in_use: int


class _Idle(NamedTuple):
    connection: Connection
    since: Moment


class Pool:
    """A pool for one sandbox: safe for threads, without a thread of its own.

    Args:
        conninfo: gives the connection string, called when a connection is made.
        max_size: connections at most.
        max_idle: seconds; what lay idle longer, freezes included, is not used again.
        connect_timeout: seconds for making a connection, within the deadline.
        on_query: told of every query that ran.
        on_wait: told of every wait for a connection, in milliseconds: for a slot, for a new
            connection, and for the server connection that a pooler gives at BEGIN.
        slow_seconds: a query that took longer is reported with its plan's fingerprint.
    """

    def __init__(
        self,
        conninfo: ConnInfo,
        *,
        max_size: int = 3,
        max_idle: float = 20.0,
        connect_timeout: float = 10.0,
        on_query: Listener | None = None,
        on_wait: WaitListener | None = None,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._conninfo = conninfo
        self._max_size = max_size
        self._max_idle = max_idle
        self._connect_timeout = connect_timeout
        self._on_query = on_query
        self._on_wait = on_wait
        self._slow_seconds = slow_seconds
        self._changed = threading.Condition()
        self._idle: list[_Idle] = []
        self._in_use = 0
        self._login = _Login()
        self._held = threading.local()

    def fetch_all(self, query: Query, params: Params | None = None) -> list[Row]:
        """Every row of `query`, in one round trip: bound it in SQL.

        Raises QueryRefused, Unavailable, DeadlineExceeded or OutcomeUnknown.
        """
        return self._ask(query, params)[0]

    def fetch_one(self, query: Query, params: Params | None = None) -> Row | None:
        """The first row of `query`, or None. Raises as `fetch_all`."""
        rows = self.fetch_all(query, params)
        return rows[0] if rows else None

    def execute(self, query: Query, params: Params | None = None) -> int:
        """Runs `query` and answers how many rows it touched. Raises as `fetch_all`."""
        return self._ask(query, params)[1]

    @contextmanager
    def transaction(self) -> Iterator["Transaction"]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Its statements and locks are bounded by the server as well, to what is left of the deadline.
        Raises OutcomeUnknown when the answer to COMMIT does not come, Unavailable when the
        connection is lost before, and QueryRefused (25P02) when a statement had been refused and
        the block went on as if it had not.
        """
        with self._begun() as connection:
            try:
                yield Transaction(connection, self._on_query)
            except OutcomeUnknown as lost:
                raise Unavailable("the transaction was lost before its COMMIT") from lost
            except BaseException:
                _roll_back(connection)
                raise
            _commit(connection)

    @contextmanager
    def _begun(self) -> Iterator[Connection]:
        """A connection in a transaction. A lost BEGIN did nothing and is sent once more."""
        with self._checkout() as connection:
            try:
                self._begin_on(connection)
            except OutcomeUnknown:
                self._drop_idle()
            else:
                yield connection
                return
        with self._checkout() as connection:
            try:
                self._begin_on(connection)
            except OutcomeUnknown as lost:
                raise Unavailable("no transaction could be begun") from lost
            yield connection

    def _begin_on(self, connection: Connection) -> None:
        with self._waiting():
            _command(connection, _begin())

    def close(self) -> None:
        """Closes what is idle; what is in use closes when it comes back. The pool stays usable:
        the next query connects anew. For SnapStart's before-snapshot hook, and for tests."""
        self._drop_idle()
        self._login = _Login()

    def stats(self) -> Stats:
        """The pool's connections at this moment."""
        with self._changed:
            return Stats(len(self._idle) + self._in_use, len(self._idle), self._in_use)

    def _ask(self, query: Query, params: Params | None) -> tuple[list[Row], int]:
        """Asks once; again when the first is known to have had no effect, or may be repeated."""
        try:
            return self._ask_once(query, params)
        except OutcomeUnknown:
            self._drop_idle()  # what took one connection has most likely taken the others
            if not query.repeatable:
                raise
        except QueryRefused as refused:
            if refused.sqlstate not in _ROLLED_BACK:
                raise
        return self._ask_once(query, params)

    def _ask_once(self, query: Query, params: Params | None) -> tuple[list[Row], int]:
        with self._checkout() as connection, _timed(query, self._on_query) as run:
            rows, run.rows = _run(connection, query, params)
            run.stop()
            if run.milliseconds >= self._slow_seconds * 1000:
                run.plan = plans.fingerprint(connection, query, params)
            return rows, run.rows

    @contextmanager
    def _checkout(self) -> Iterator[Connection]:
        if getattr(self._held, "connection", False):
            raise NestedCheckout("this thread already holds a connection")
        with self._waiting():
            self._take_slot()
        self._held.connection = True
        connection = None
        try:
            with self._waiting():
                connection = self._reuse() or self._connect()
            yield connection
        finally:
            self._held.connection = False
            self._give_back(connection)

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Times a wait and reports it, also when it was in vain."""
        began = time.perf_counter()
        try:
            yield
        finally:
            if self._on_wait:
                self._on_wait((time.perf_counter() - began) * 1000)

    def _drop_idle(self) -> None:
        with self._changed:
            idle, self._idle = self._idle, []
        for one in idle:
            one.connection.close()

    def _take_slot(self) -> None:
        with self._changed:
            if not self._changed.wait_for(
                lambda: self._in_use < self._max_size, remaining(DEFAULT_SECONDS)
            ):
                raise Busy("every connection of the pool is in use")
            self._in_use += 1

    def _reuse(self) -> Connection | None:
        """The connection used last that is worth using; those that are not are closed."""
        with self._changed:
            stale = [one for one in self._idle if since(one.since) > self._max_idle]
            self._idle = [one for one in self._idle if one not in stale]
        for one in stale:
            one.connection.close()
        while True:
            with self._changed:
                if not self._idle:
                    return None
                connection = self._idle.pop().connection
            if not connection.closed and connection.is_silent:
                return connection
            connection.close()

    def _give_back(self, connection: Connection | None) -> None:
        if connection is not None and not connection.is_reusable:
            connection.close()
            connection = None
        with self._changed:
            self._in_use -= 1
            if connection is not None:
                self._idle.append(_Idle(connection, now()))
            self._changed.notify()

    def _connect(self) -> Connection:
        seconds = min(self._connect_timeout, remaining(DEFAULT_SECONDS))
        if seconds <= 0:
            raise DeadlineExceeded("no time is left to connect")
        return self._login.connect(self._conninfo, seconds)


class _Login:
    """Connects, minds a password that changed, and never hammers with one that is wrong."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._shut_until = 0.0

    def connect(self, conninfo: ConnInfo, seconds: float) -> Connection:
        """A connection; the secret is read anew after one refused login.

        Raises LoginRefused, and goes on raising it for a while without asking; Unavailable.
        """
        ends = time.monotonic() + seconds
        if not self._turn.acquire(timeout=seconds):
            raise Unavailable("another connection is still being made")
        try:
            self._require_open()
            return self._log_in(conninfo, ends)
        finally:
            self._turn.release()

    def _log_in(self, conninfo: ConnInfo, ends: float) -> Connection:
        given = conninfo(False)
        try:
            try:
                return _connect_until(given, ends)
            except LoginRefused:
                fresh = conninfo(True)
                if fresh == given:
                    raise
                return _connect_until(fresh, ends)
        except (LoginRefused, ShutOut) as refused:
            self._shut_until = time.monotonic() + refused.retry_after
            raise

    def _require_open(self) -> None:
        left = self._shut_until - time.monotonic()
        if left > 0:
            raise LoginRefused("logins are held back for a while", retry_after=int(left) + 1)


class Transaction:
    """The statements of one transaction, on one connection."""

    def __init__(self, connection: Connection, on_query: Listener | None) -> None:
        self._connection = connection
        self._on_query = on_query

    def fetch_all(self, query: Query, params: Params | None = None) -> list[Row]:
        """As the pool's `fetch_all`, inside this transaction."""
        return self._ask(query, params)[0]

    def fetch_one(self, query: Query, params: Params | None = None) -> Row | None:
        """As the pool's `fetch_one`, inside this transaction."""
        rows = self.fetch_all(query, params)
        return rows[0] if rows else None

    def execute(self, query: Query, params: Params | None = None) -> int:
        """As the pool's `execute`, inside this transaction."""
        return self._ask(query, params)[1]

    def _ask(self, query: Query, params: Params | None) -> tuple[list[Row], int]:
        # A slow statement is not explained here: an EXPLAIN that fails would undo the transaction.
        with _timed(query, self._on_query) as run:
            rows, run.rows = _run(self._connection, query, params)
            return rows, run.rows


@contextmanager
def _timed(query: Query, on_query: Listener | None) -> Iterator[QueryRun]:
    """Times a query and reports how it went, also when it failed."""
    run = QueryRun(query.name)
    try:
        yield run
    finally:
        run.stop()
        if on_query:
            on_query(run)


def _run(connection: Connection, query: Query, params: Params | None) -> tuple[list[Row], int]:
    if remaining(DEFAULT_SECONDS) <= 0:
        raise DeadlineExceeded("no time is left for the statement")
    try:
        cursor = connection.execute(query.tagged, params)
        rows = cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        raise trouble.of_statement(error, lost=connection.closed) from error
    return rows, max(cursor.rowcount, 0)


def _command(connection: Connection, command: LiteralString) -> None:
    try:
        connection.execute(command)
    except psycopg.Error as error:
        raise trouble.of_statement(error, lost=connection.closed) from error


def _begin() -> LiteralString:
    """BEGIN and the transaction's own time limits, in one round trip."""
    seconds = min(remaining(DEFAULT_SECONDS), DEFAULT_SECONDS)  # a long deadline is no licence
    milliseconds = max(int(seconds * 1000), 1)
    locks = min(milliseconds, int(LOCK_SECONDS * 1000))
    return f"begin; set local statement_timeout = {milliseconds}; set local lock_timeout = {locks}"


def _commit(connection: Connection) -> None:
    if connection.pgconn.transaction_status == TransactionStatus.INERROR:
        # The server would answer this COMMIT with a ROLLBACK, and no error.
        _roll_back(connection)
        raise QueryRefused("25P02", "a statement of the transaction had been refused", "")
    if remaining(DEFAULT_SECONDS) <= 0:
        # A COMMIT whose answer nobody has the time to hear would leave its outcome unknown.
        connection.close()
        raise DeadlineExceeded("no time is left to commit: nothing was done")
    try:
        _command(connection, "commit")
    except DeadlineExceeded as late:
        raise OutcomeUnknown("the answer to COMMIT did not come in time") from late


def _roll_back(connection: Connection) -> None:
    """Undoes the transaction; a connection that cannot is closed, and the server undoes it."""
    if connection.closed:
        return
    try:
        connection.execute("rollback")
    except (psycopg.Error, DeadlineExceeded):
        connection.close()


def _connect_until(conninfo: str, ends: float) -> Connection:
    try:
        return connect(
            conninfo, seconds=max(ends - time.monotonic(), 0.01), default_seconds=DEFAULT_SECONDS
        )
    except psycopg.Error as error:
        if trouble.is_login_refusal(error):
            raise LoginRefused("the password was refused", int(LOGIN_BACKOFF_SECONDS)) from error
        raise trouble.of_connecting(error) from error
