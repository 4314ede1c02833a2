"""SQL through the transaction pooler: the one door of `sql` and `money` functions.

A module-level psycopg pool, shared by every invocation of the sandbox: at most 3 connections,
prepared statements off (a transaction pooler hands each transaction another server connection),
idle connections closed after 20 s, 10 s to connect, TLS required, never the direct port.

Nothing happens at import: no socket, secret or thread before the first query. A single statement is
one round trip (autocommit); several that belong together are a `transaction()`.
"""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, LiteralString

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from limelight.data.errors import DataError, DataUnavailable
from limelight.data.observer import observed
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import DatabaseSettings

MAX_CONNECTIONS: Final = 3
IDLE_SECONDS: Final = 20.0
CONNECT_TIMEOUT_SECONDS: Final = 10
CHECKOUT_TIMEOUT_SECONDS: Final = 10.0
DIRECT_PORT: Final = "5432"
TLS_MODES: Final = ("require", "verify-ca", "verify-full")

type Row = dict[str, Any]
type Params = Mapping[str, object]
type _Connection = psycopg.Connection[DictRow]


class ConfigurationError(Exception):
    """The database URL is not one that a function may use."""


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and the name it goes by in logs, metrics and pg_stat_statements."""

    name: LiteralString
    sql: LiteralString

    @property
    def tagged(self) -> LiteralString:
        """The statement with its name as a comment, so that the database's statistics show it."""
        return f"/* {self.name} */ {self.sql}"


def fetch_all(query: Query, params: Params | None = None) -> list[Row]:
    """Every row of `query`: bound it in SQL.

    Raises DataError when the database refuses it, DataUnavailable when it cannot be reached.
    """
    with _checkout() as connection:
        return _run(connection, query, params)


def fetch_one(query: Query, params: Params | None = None) -> Row | None:
    """The first row of `query`, or None. Raises as `fetch_all`."""
    rows = fetch_all(query, params)
    return rows[0] if rows else None


def execute(query: Query, params: Params | None = None) -> int:
    """Runs a statement without a result and answers how many rows it touched."""
    with _checkout() as connection, observed(query.name) as run, _refusals():
        run.rows = max(connection.execute(query.tagged, params).rowcount, 0)
        return run.rows


class Transaction:
    """The statements of one transaction, on one connection."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def fetch_all(self, query: Query, params: Params | None = None) -> list[Row]:
        """As the module's `fetch_all`, inside this transaction."""
        return _run(self._connection, query, params)

    def fetch_one(self, query: Query, params: Params | None = None) -> Row | None:
        """As the module's `fetch_one`, inside this transaction."""
        rows = self.fetch_all(query, params)
        return rows[0] if rows else None


_in_transaction = threading.local()


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One transaction: committed when the block ends, rolled back when it raises.

    Nesting is refused: a second checkout while the first is held is how a pool of three deadlocks.
    """
    if getattr(_in_transaction, "open", False):
        raise ConfigurationError("a transaction is already open on this thread")
    _in_transaction.open = True
    try:
        with _checkout() as connection, _refusals(), connection.transaction():
            yield Transaction(connection)
    finally:
        _in_transaction.open = False


def _run(connection: _Connection, query: Query, params: Params | None) -> list[Row]:
    with observed(query.name) as run, _refusals():
        rows = connection.execute(query.tagged, params).fetchall()
        run.rows = len(rows)
        return rows


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise DataUnavailable(type(error).__name__) from error
    except psycopg.Error as error:
        diagnosis = error.diag
        raise DataError(
            error.sqlstate or "XX000",
            diagnosis.message_primary or "",
            diagnosis.message_detail or "",
        ) from error


class _Pool:
    """The sandbox's pool, opened by the first query and swept after a pause."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ConnectionPool[_Connection] | None = None
        self._used_at = 0.0

    def get(self) -> ConnectionPool[_Connection]:
        with self._lock:
            now = time.monotonic()
            if self._pool is None:
                self._pool = _open_pool()
            elif now - self._used_at > IDLE_SECONDS:
                # The pool's own max_idle runs on a thread that a frozen sandbox stops, so what sat
                # unused is thrown away here, before it can fail a request.
                self._pool.drain()
            self._used_at = now
            return self._pool

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None


_pool = _Pool()


def close() -> None:
    """Closes every connection; the next query opens the pool again (SnapStart, tests)."""
    _pool.close()


def _open_pool() -> ConnectionPool[_Connection]:
    return ConnectionPool(
        _conninfo(),
        kwargs={"autocommit": True, "prepare_threshold": None, "row_factory": dict_row},
        min_size=0,
        max_size=MAX_CONNECTIONS,
        max_idle=IDLE_SECONDS,
        timeout=CHECKOUT_TIMEOUT_SECONDS,
        num_workers=1,
        open=True,
    )


def _conninfo() -> str:
    try:
        url = read_secret(DatabaseSettings().database_secret_id)["url"]
    except (SecretUnavailable, KeyError) as error:
        raise DataUnavailable("the database secret cannot be read") from error
    return pooler_conninfo(url)


def pooler_conninfo(url: str) -> str:
    """The libpq connection string for the pooler at `url`: TLS at least required.

    Raises ConfigurationError for the direct port, which only the migration runner may use.
    """
    given = conninfo_to_dict(url)
    if str(given.get("port", DIRECT_PORT)) == DIRECT_PORT:
        raise ConfigurationError("functions use the transaction pooler (6543), never port 5432")
    mode = given.get("sslmode")
    return make_conninfo(
        url,
        sslmode=mode if mode in TLS_MODES else "require",
        connect_timeout=CONNECT_TIMEOUT_SECONDS,
        application_name="limelight",
    )


@contextmanager
def _checkout() -> Iterator[_Connection]:
    pool = _pool.get()
    try:
        connection = pool.getconn()
    except (PoolTimeout, psycopg.Error) as error:
        raise DataUnavailable(type(error).__name__) from error
    try:
        yield connection
    finally:
        pool.putconn(connection)
