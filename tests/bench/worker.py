"""A sandbox's process with one kind of pool, for the first request after a thaw.

The kinds are ours, the stock pool as people configure it (with and without a check at checkout),
and a connection made for the request, which is what a thaw cannot beat.
"""

import json
import logging
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from lambda_pool import Pool, Query, deadline

IDLE_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 10.0
ONE: Final = Query("bench.one", "select 1 as one", repeatable=True)


class Kind(ABC):
    """A way to reach the database."""

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo

    @abstractmethod
    def renew(self) -> None:
        """Forgets every connection, dead or alive."""

    @abstractmethod
    def hold(self, until: Callable[[], object]) -> None:
        """Has a connection out until the call returns."""

    @abstractmethod
    def request(self) -> None:
        """Asks for one row."""

    def warm(self, connections: int) -> None:
        """Leaves so many new connections open and idle."""
        self.renew()
        everyone_has_one = threading.Barrier(connections, timeout=PATIENCE_SECONDS)
        with ThreadPoolExecutor(connections) as threads:
            held = [threads.submit(self.hold, everyone_has_one.wait) for _ in range(connections)]
            for one in held:
                one.result(PATIENCE_SECONDS)


class Ours(Kind):
    """lambda_pool, with connections past their idle limit after the freeze."""

    max_idle = IDLE_SECONDS

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self.pool = Pool(lambda _: conninfo, max_idle=self.max_idle)

    def renew(self) -> None:
        self.pool.close()

    def hold(self, until: Callable[[], object]) -> None:
        with self.pool.transaction():
            until()

    def request(self) -> None:
        with deadline(PATIENCE_SECONDS):
            self.pool.fetch_one(ONE)


class OursWithinLimit(Ours):
    """lambda_pool, when the freeze was shorter than the idle limit: the sockets tell."""

    max_idle = 20.0


class Stock(Kind):
    """psycopg_pool as its documentation says: check_connection at every checkout."""

    check = True

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo)
        self.pool = self._new()

    def _new(self) -> ConnectionPool:
        return ConnectionPool(
            self.conninfo,
            kwargs={"autocommit": True, "prepare_threshold": None},
            min_size=0,
            max_size=3,
            max_idle=20,
            timeout=PATIENCE_SECONDS,
            check=ConnectionPool.check_connection if self.check else None,
            open=True,
        )

    def renew(self) -> None:
        self.pool.close()
        self.pool = self._new()

    def hold(self, until: Callable[[], object]) -> None:
        with self.pool.connection() as connection:
            connection.execute("select 1")
            until()

    def request(self) -> None:
        with self.pool.connection() as connection:
            connection.execute("select 1 as one").fetchone()


class StockUnchecked(Stock):
    """psycopg_pool as it is out of the box."""

    check = False


class Cold(Kind):
    """No pool: a connection for the request."""

    def renew(self) -> None:
        """There is nothing to forget."""

    def hold(self, until: Callable[[], object]) -> None:
        until()

    def request(self) -> None:
        with psycopg.connect(self.conninfo, autocommit=True, prepare_threshold=None) as connection:
            connection.execute("select 1 as one").fetchone()


KINDS: Final[dict[str, type[Kind]]] = {
    kind.__name__: kind for kind in (Ours, OursWithinLimit, Stock, StockUnchecked, Cold)
}


def main() -> None:
    """Answers each line of the standard input with one line."""
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    kind = KINDS[os.environ["BENCH_KIND"]](os.environ["BENCH_CONNINFO"])
    for line in sys.stdin:
        action, *arguments = json.loads(line)
        print(json.dumps(_timed(getattr(kind, action), *arguments)), flush=True)


def _timed(action: Callable[..., None], *arguments: Any) -> dict[str, Any]:
    began = time.perf_counter()
    try:
        action(*arguments)
    except Exception as error:  # noqa: BLE001 - that the stock pool fails is one of the figures
        return {"error": type(error).__name__}
    return {"milliseconds": (time.perf_counter() - began) * 1000}


if __name__ == "__main__":
    main()
