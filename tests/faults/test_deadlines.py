"""Whatever stalls, a request ends by its deadline, and the next one finds a pool that works."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from threading import Event, Thread

import pytest

from lambda_pool import Pool, deadline, errors
from tests.faults.conftest import NewPool
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.faults.queries import ADD, INSERT, ONE, SLOW

SECONDS = 0.6
SLACK_SECONDS = 0.6
"""Room for a busy machine; what matters is that nobody waits for the 2.8, 10 or 60 s of others."""

TOO_LATE = (errors.DeadlineExceeded, errors.Unavailable)


@contextmanager
def ends_on_time(pool: Pool, seconds: float = SECONDS) -> Iterator[None]:
    """The block fails as too late or unavailable by the deadline."""
    began = time.monotonic()
    with pytest.raises(TOO_LATE), deadline(seconds):
        yield
    assert time.monotonic() - began < seconds + SLACK_SECONDS
    assert pool.stats().in_use == 0


def assert_usable(pool: Pool) -> None:
    with deadline(5):
        assert pool.fetch_one(ONE) == {"one": 1}


def test_a_pooler_that_stalls_while_connecting(pool: Pool, pooler: Pooler) -> None:
    with pooler.stopped(), ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_pooler_that_stalls_when_a_query_is_sent(pool: Pool, pooler: Pooler) -> None:
    pool.fetch_one(ONE)

    with pooler.stopped(), ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_pooler_that_stalls_in_the_middle_of_a_query(pool: Pool, pooler: Pooler) -> None:
    with stops_soon(pooler), ends_on_time(pool):
        pool.fetch_one(SLOW, {"seconds": 0.3})

    assert_usable(pool)


def test_a_pooler_that_stalls_in_the_middle_of_a_transaction(pool: Pool, pooler: Pooler) -> None:
    with ends_on_time(pool), pool.transaction() as tx:
        tx.fetch_one(ONE)
        with pooler.stopped():
            tx.fetch_one(ONE)

    assert_usable(pool)


def test_a_pooler_whose_backends_are_all_busy(pool: Pool, pooler: Pooler) -> None:
    with pooler.busy(), ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_transaction_for_which_no_backend_is_free(pool: Pool, pooler: Pooler) -> None:
    with pooler.busy(), ends_on_time(pool), pool.transaction() as tx:
        tx.fetch_one(ONE)

    assert_usable(pool)


def test_a_pooler_that_is_paused(pool: Pool, pooler: Pooler) -> None:
    with pooler.paused(), ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_lock_wait(pool: Pool, database: Database) -> None:
    pool.execute(INSERT, {"key": "locked", "amount": 1})

    with database.locked("locked"), ends_on_time(pool):
        pool.execute(ADD, {"key": "locked", "amount": 1})

    assert_usable(pool)
    assert database.entry("locked") == [1]


def test_a_lock_wait_in_a_transaction(pool: Pool, database: Database) -> None:
    pool.execute(INSERT, {"key": "locked too", "amount": 1})

    with database.locked("locked too"), ends_on_time(pool), pool.transaction() as tx:
        tx.execute(ADD, {"key": "locked too", "amount": 1})

    assert_usable(pool)


def test_a_slow_query_is_given_up_and_stopped_at_the_server(pool: Pool, database: Database) -> None:
    with ThreadPoolExecutor(1) as threads, ends_on_time(pool):
        query = threads.submit(copy_context().run, pool.fetch_one, SLOW, {"seconds": 5})
        database.wait_until_runs("faults.slow")
        query.result(5)

    assert_usable(pool)
    assert no_longer_runs(database, "faults.slow")


def test_a_slow_query_in_a_transaction(pool: Pool, database: Database) -> None:
    with ends_on_time(pool), pool.transaction() as tx:
        tx.fetch_one(SLOW, {"seconds": 5})

    assert_usable(pool)
    assert no_longer_runs(database, "faults.slow")


def test_a_connection_that_went_silent(new_pool: NewPool, pooler: Pooler, proxy: Proxy) -> None:
    pool = new_pool(pooler.conninfo(proxy.port))
    pool.fetch_one(ONE)
    proxy.half_open()

    with ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_network_that_stalls(new_pool: NewPool, pooler: Pooler, proxy: Proxy) -> None:
    pool = new_pool(pooler.conninfo(proxy.port))
    pool.fetch_one(ONE)

    with proxy.stalled(), ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_port_that_refuses(new_pool: NewPool, pooler: Pooler, proxy: Proxy) -> None:
    pool = new_pool(pooler.conninfo(proxy.port))

    with proxy.refusing(), ends_on_time(pool):
        pool.fetch_one(ONE)

    assert_usable(pool)


def test_a_pool_whose_connections_are_all_in_use(new_pool: NewPool, pooler: Pooler) -> None:
    pool = new_pool(pooler.conninfo(), max_size=1)

    with connection_held(pool):
        began = time.monotonic()
        with pytest.raises(errors.Busy) as busy, deadline(0.3):
            pool.fetch_one(ONE)

    assert time.monotonic() - began < 0.3 + SLACK_SECONDS
    assert busy.value.retry_after > 0
    assert_usable(pool)


def test_a_deadline_that_has_passed_asks_nobody(watched_pool: Pool, proxy: Proxy) -> None:
    watched_pool.fetch_one(ONE)
    before = proxy.flights

    with ends_on_time(watched_pool, seconds=0):
        watched_pool.fetch_one(ONE)

    assert proxy.flights == before
    assert_usable(watched_pool)


def test_a_transaction_that_overran_its_deadline_is_not_committed(
    pool: Pool, database: Database
) -> None:
    def overrun() -> None:
        with pool.transaction() as tx:
            tx.execute(INSERT, {"key": "overran", "amount": 1})
            time.sleep(0.4)

    with pytest.raises(errors.DeadlineExceeded), deadline(0.3):
        overrun()

    assert_usable(pool)
    assert database.entry("overran") == []


def test_an_inner_deadline_cannot_outlast_the_outer_one(pool: Pool) -> None:
    with ends_on_time(pool), deadline(30):
        pool.fetch_one(SLOW, {"seconds": 5})


def test_a_deadline_ends_with_its_block(pool: Pool) -> None:
    with deadline(0.2):
        pool.fetch_one(ONE)

    pool.fetch_one(SLOW, {"seconds": 0.3})


def test_connecting_is_bounded_without_any_deadline(new_pool: NewPool, pooler: Pooler) -> None:
    pool = new_pool(pooler.conninfo(), connect_timeout=0.4)

    began = time.monotonic()
    with pooler.stopped(), pytest.raises(TOO_LATE):
        pool.fetch_one(ONE)

    assert time.monotonic() - began < 0.4 + SLACK_SECONDS
    assert_usable(pool)


@contextmanager
def stops_soon(pooler: Pooler) -> Iterator[None]:
    """Stops the pooler shortly after the block began, until it ends."""
    done = Event()

    def stop() -> None:
        time.sleep(0.1)
        with pooler.stopped():
            done.wait(5)

    thread = Thread(target=stop)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@contextmanager
def connection_held(pool: Pool) -> Iterator[None]:
    """Another thread holds one of the pool's connections."""
    held, done = Event(), Event()

    def hold() -> None:
        with pool.transaction() as tx:
            tx.fetch_one(ONE)
            held.set()
            done.wait(5)

    thread = Thread(target=hold)
    thread.start()
    held.wait(5)
    try:
        yield
    finally:
        done.set()
        thread.join()


def no_longer_runs(database: Database, text: str) -> bool:
    """Whether the statement stops running at the server within a second."""
    give_up = time.monotonic() + 1
    while database.running(text) and time.monotonic() < give_up:
        time.sleep(0.05)
    return not database.running(text)
