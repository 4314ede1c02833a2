"""SQL through the transaction pooler: the one door of `sql` and `money` functions.

One module-level `lambda_pool.Pool`, shared by every invocation of the sandbox: at most 3
connections, prepared statements off (a transaction pooler hands each transaction another server
connection), what was idle for 20 s not used again, 10 s to connect, TLS required, never the direct
port. Nothing happens at import: no socket, secret or thread before the first query.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from lambda_pool import Pool, Query, Transaction, deadline, errors
from lambda_pool.connection import Row
from lambda_pool.pool import Params
from limelight.data.deadline import remaining
from limelight.data.errors import DataError, DataLate, DataUnavailable, DataUnknown
from limelight.data.observer import report, report_wait
from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import DatabaseSettings
from limelight.platform.snapstart import around_snapshot

__all__ = [
    "Query",
    "Row",
    "close",
    "execute",
    "fetch_all",
    "fetch_one",
    "transaction",
]

MAX_CONNECTIONS: Final = 3
IDLE_SECONDS: Final = 20.0
CONNECT_TIMEOUT_SECONDS: Final = 10
DIRECT_PORT: Final = "5432"
TLS_MODES: Final = ("require", "verify-ca", "verify-full")
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
APPLICATION: Final = "limelight"

_database_urls: Final[list[str]] = []
"""The URL once it has been read."""


class ConfigurationError(Exception):
    """The database URL is not one that a function may use."""


def fetch_all(query: Query, params: Params | None = None) -> list[Row]:
    """Every row of `query`, in one round trip: bound it in SQL.

    Raises DataError when the database refuses it and DataUnavailable when it does not answer; of
    the latter, DataLate when the deadline came first and DataUnknown when the answer was lost.
    """
    with _bounded():
        return pool.fetch_all(query, params)


def fetch_one(query: Query, params: Params | None = None) -> Row | None:
    """The first row of `query`, or None. Raises as `fetch_all`."""
    with _bounded():
        return pool.fetch_one(query, params)


def execute(query: Query, params: Params | None = None) -> int:
    """Runs `query` and answers how many rows it touched. Raises as `fetch_all`."""
    with _bounded():
        return pool.execute(query, params)


@contextmanager
def transaction() -> Iterator[Transaction]:
    """One transaction: committed when the block ends, rolled back when it raises."""
    with _bounded(), pool.transaction() as open_transaction:
        yield open_transaction


def close() -> None:
    """Closes every connection and forgets the secret; the next query begins anew (SnapStart)."""
    pool.close()
    _database_urls.clear()


def pooler_conninfo(url: str) -> str:
    """The libpq connection string for the pooler at `url`: TLS at least required.

    A database on this machine may go without a pooler and without TLS: a laptop may have neither.
    Raises ConfigurationError for the direct port of any other, which only the migration runner may
    use.
    """
    given = conninfo_to_dict(url)
    if given.get("host") in LOOPBACK:
        return make_conninfo(url, application_name=APPLICATION)
    if str(given.get("port", DIRECT_PORT)) == DIRECT_PORT:
        raise ConfigurationError("functions use the transaction pooler (6543), never port 5432")
    mode = given.get("sslmode")
    return make_conninfo(
        url, sslmode=mode if mode in TLS_MODES else "require", application_name=APPLICATION
    )


def _conninfo(refresh: bool) -> str:
    if refresh:
        _database_urls.clear()
    if not _database_urls:
        _database_urls.append(_read_database_url(past_cache=refresh))
    return pooler_conninfo(_database_urls[0])


def _read_database_url(*, past_cache: bool) -> str:
    try:
        return read_secret(DatabaseSettings().database_secret_id, past_cache=past_cache)["url"]
    except (SecretUnavailable, KeyError) as error:
        raise errors.Unavailable("the database secret cannot be read") from error


@contextmanager
def _bounded() -> Iterator[None]:
    """Ends before the invocation does, and speaks in the errors of `limelight.data.errors`."""
    try:
        with deadline(remaining()):
            yield
    except errors.QueryRefused as refused:
        raise DataError(refused.sqlstate, refused.message, refused.detail) from refused
    except errors.DeadlineExceeded as late:
        raise DataLate(str(late)) from late
    except errors.OutcomeUnknown as unknown:
        raise DataUnknown(str(unknown)) from unknown
    except errors.Unavailable as gone:
        raise DataUnavailable(str(gone), gone.retry_after) from gone


pool: Final = Pool(
    _conninfo,
    max_size=MAX_CONNECTIONS,
    max_idle=IDLE_SECONDS,
    connect_timeout=CONNECT_TIMEOUT_SECONDS,
    on_query=report,
    on_wait=report_wait,
)
around_snapshot(close)
