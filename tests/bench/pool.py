"""The pool beside psycopg_pool and beside no pool at all, through a real PgBouncer with TLS."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg_pool import ConnectionPool

from lambda_pool import Pool, Query, deadline
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.bench import thaw
from tests.bench.harness import Measured, Report, Row, Target, medians, microseconds_each
from tests.bench.harness import milliseconds as timed
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.faults.sandbox import environment

STOCK, BARE = "psycopg_pool", "psycopg.connect"
SQL: Final = "select 1 as one"
ONE: Final = Query("bench.one", SQL, repeatable=True)
SECONDS: Final = 10.0

COLD_ROUNDS: Final = 40
WARM_ROUNDS, CHECKOUTS = 40, 250
STATEMENT_ROUNDS, STATEMENTS = 30, 100
DISTANT_ROUNDS, DISTANT_STATEMENTS = 9, 20
ONE_WAY_SECONDS: Final = 0.001
THREAD_ROUNDS, THREADS, QUERIES_EACH = 7, 10, 50
IMPORT_ROUNDS: Final = 9
WARM_TARGET: Final = Target(50.0, "< 50 µs")

type Stock = ConnectionPool[Connection[Any]]


def run(report: Report) -> None:
    """Every row about the pool."""
    if find_pgbouncer() is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)  # the servers may be another user
        with _services(State(root)) as pooler:
            for title, measure in MEASUREMENTS.items():
                with report.measuring(title):
                    measure(report, pooler)
            thaw.run(report, pooler)


@contextmanager
def _services(state: State) -> Iterator[Pooler]:
    ports = Ports.free()
    with Supervisor(state) as supervisor:
        database = Database(supervisor, state, ports.postgres)
        yield Pooler(supervisor, state, database.server, ports.pooler)


def _stock(conninfo: str, *, autocommit: bool = True) -> Stock:
    return ConnectionPool(
        conninfo,
        kwargs={"autocommit": autocommit, "prepare_threshold": None},
        min_size=0,
        max_size=3,
        open=False,
    )


def _ask_stock(pool: Stock) -> None:
    with pool.connection() as connection:
        connection.execute(SQL).fetchone()


def _bare(conninfo: str) -> Connection[Any]:
    return psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)


def _imports(report: Report, _: Pooler) -> None:
    def importing(module: str) -> Measured:
        program = (
            "import time; began = time.perf_counter(); "
            f"import {module}; print((time.perf_counter() - began) * 1000)"
        )
        command = [sys.executable, "-c", program]
        return lambda: float(subprocess.check_output(command, env=environment()))

    took = medians(
        {name: importing(name) for name in ("lambda_pool", "psycopg_pool", "psycopg")},
        IMPORT_ROUNDS,
    )
    for reference in ("psycopg_pool", "psycopg"):
        report.add(Row("import", took["lambda_pool"], "ms", f"import {reference}", took[reference]))


def _cold_connect(report: Report, pooler: Pooler) -> None:
    conninfo = pooler.conninfo()

    def ours() -> float:
        with closing(Pool(lambda _: conninfo)) as pool:
            return timed(lambda: pool.fetch_one(ONE))

    def stock() -> float:
        def open_and_ask() -> None:
            pool.open()
            _ask_stock(pool)

        with closing(_stock(conninfo)) as pool:
            return timed(open_and_ask)

    def bare() -> float:
        def connect() -> None:
            connection.append(_bare(conninfo))
            connection[0].execute(SQL).fetchone()

        connection: list[Connection[Any]] = []
        took = timed(connect)
        connection[0].close()
        return took

    took = medians({"ours": ours, STOCK: stock, BARE: bare}, COLD_ROUNDS)
    for reference in (BARE, STOCK):
        report.add(Row("cold connect, first row", took["ours"], "ms", reference, took[reference]))


def _warm_checkout(report: Report, pooler: Pooler) -> None:
    """Out and back in, without a statement between."""
    ours, stock = Pool(lambda _: pooler.conninfo()), _stock(pooler.conninfo())

    def check_out_ours() -> None:
        with ours._checkout():
            pass

    def check_out_stock() -> None:
        with stock.connection():
            pass

    with closing(ours), stock, deadline(600):
        ours.fetch_one(ONE)
        _ask_stock(stock)
        took = medians(
            {
                "ours": lambda: microseconds_each(check_out_ours, CHECKOUTS),
                STOCK: lambda: microseconds_each(check_out_stock, CHECKOUTS),
            },
            WARM_ROUNDS,
        )
    report.add(Row("warm checkout", took["ours"], "µs", STOCK, took[STOCK], WARM_TARGET))


def _single_statement(report: Report, pooler: Pooler) -> None:
    took = _statements(
        report,
        pooler.conninfo(),
        "single statement",
        rounds=STATEMENT_ROUNDS,
        times=STATEMENTS,
    )
    added = took["ours"] - took[BARE]
    report.add(Row("the pool's share of it", added, "µs", target=WARM_TARGET))


def _distant_statement(report: Report, pooler: Pooler) -> None:
    """As far away as another availability zone, where round trips are what counts."""
    with Proxy(pooler.port) as proxy:
        proxy.delay_up = proxy.delay_down = ONE_WAY_SECONDS
        _statements(
            report,
            pooler.conninfo(proxy.port),
            "single statement, over 2 ms away",
            rounds=DISTANT_ROUNDS,
            times=DISTANT_STATEMENTS,
        )


def _statements(
    report: Report, conninfo: str, name: str, *, rounds: int, times: int
) -> dict[str, float]:
    ours, stock = Pool(lambda _: conninfo), _stock(conninfo)
    usual = _stock(conninfo, autocommit=False)

    with closing(ours), stock, usual, closing(_bare(conninfo)) as connection:
        contenders: dict[str, Callable[[], object]] = {
            "ours": lambda: _ask_ours(ours),
            BARE: lambda: connection.execute(SQL).fetchone(),
            f"{STOCK}, autocommit": lambda: _ask_stock(stock),
            f"{STOCK}, autocommit off": lambda: _ask_stock(usual),
        }
        took = medians(
            {key: _each(action, times) for key, action in contenders.items()},
            rounds,
        )
    for reference in list(contenders)[1:]:
        report.add(Row(name, took["ours"], "µs", reference, took[reference]))
    return took


def _ask_ours(pool: Pool) -> None:
    with deadline(SECONDS):
        pool.fetch_one(ONE)


def _each(action: Callable[[], object], times: int) -> Measured:
    return lambda: microseconds_each(action, times)


def _threads(report: Report, pooler: Pooler) -> None:
    """Ten threads over three connections, as a development server has them."""
    ours, stock = Pool(lambda _: pooler.conninfo()), _stock(pooler.conninfo())

    def crowd(ask: Callable[[], None]) -> Measured:
        def ask_all(_: int) -> None:
            for _ in range(QUERIES_EACH):
                ask()

        def measure() -> float:
            with ThreadPoolExecutor(THREADS) as threads:
                return timed(lambda: list(threads.map(ask_all, range(THREADS))))

        return measure

    with closing(ours), stock:
        took = medians(
            {"ours": crowd(lambda: _ask_ours(ours)), STOCK: crowd(lambda: _ask_stock(stock))},
            THREAD_ROUNDS,
        )
    name = f"{THREADS} threads × {QUERIES_EACH} statements"
    report.add(Row(name, took["ours"], "ms", STOCK, took[STOCK]))


MEASUREMENTS: Final[dict[str, Callable[[Report, Pooler], None]]] = {
    "imports": _imports,
    "cold connect": _cold_connect,
    "warm checkout": _warm_checkout,
    "single statement": _single_statement,
    "single statement, over 2 ms away": _distant_statement,
    "threads": _threads,
}
