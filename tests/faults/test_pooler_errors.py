"""PgBouncer's own errors, from the real one: unavailable, and the pool works right after."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from lambda_pool import Pool, deadline, errors
from tests.faults.conftest import NewPool
from tests.faults.database import Database
from tests.faults.pooler import MAX_CLIENTS, QUERY_WAIT_SECONDS, Pooler
from tests.faults.proxy import Proxy
from tests.faults.queries import ADD, INSERT, ONE, SLOW
from tests.faults.supavisor import Supavisor, Trouble

OTHER_RELEASES = [
    'server login failed: FATAL password authentication failed for user "limelight"',
    "server login has been failing, cached error: connect failed (server_login_retry)",
    "no more connections allowed (max_client_conn)",
    "pgbouncer cannot connect to server",
    "query_wait_timeout",
]
SERVER_GONE = (errors.Unavailable, errors.OutcomeUnknown, errors.DeadlineExceeded)


def comes_back(pool: Pool) -> None:
    """The pool answers again within the time that the pooler holds a failed server against it."""
    give_up = time.monotonic() + 5
    while True:
        try:
            assert pool.fetch_one(ONE) == {"one": 1}
        except errors.PoolError:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        else:
            return


def test_no_client_slot_is_free(pool: Pool, pooler: Pooler) -> None:
    with (
        psycopg.connect(pooler.conninfo()),
        pooler.setting("max_client_conn", 1, MAX_CLIENTS),
        pytest.raises(errors.Unavailable) as full,
    ):
        pool.fetch_one(ONE)

    assert full.value.retry_after > 0
    assert pool.fetch_one(ONE) == {"one": 1}


def test_the_pooler_lets_go_of_whoever_waited_too_long(pool: Pool, pooler: Pooler) -> None:
    with (
        pooler.setting("query_wait_timeout", 0.3, QUERY_WAIT_SECONDS),
        pooler.busy(),
        pytest.raises(errors.Unavailable),
    ):
        pool.execute(INSERT, {"key": "waited too long", "amount": 1})

    assert pool.fetch_one(ONE) == {"one": 1}


def test_a_transaction_that_waited_too_long_for_a_backend(pool: Pool, pooler: Pooler) -> None:
    with (
        pooler.setting("query_wait_timeout", 0.3, QUERY_WAIT_SECONDS),
        pooler.busy(),
        pytest.raises(errors.Unavailable),
        pool.transaction() as tx,
    ):
        tx.fetch_one(ONE)

    assert pool.fetch_one(ONE) == {"one": 1}


def test_the_pooler_itself_may_not_log_in(pool: Pool, pooler: Pooler, database: Database) -> None:
    database.allow_login("one that the pooler does not know")
    database.terminate_backends()
    try:
        for _ in range(2):
            with pytest.raises(SERVER_GONE), deadline(0.6):
                pool.execute(INSERT, {"key": "no server login", "amount": 1})
    finally:
        database.allow_login(pooler.password)

    pool.close()
    comes_back(pool)
    assert database.entry("no server login") == []


def test_the_database_is_down_and_comes_back(pool: Pool, database: Database) -> None:
    pool.fetch_one(ONE)

    with database.down():
        for _ in range(2):
            with pytest.raises(SERVER_GONE), deadline(1):
                pool.fetch_one(ONE)

    comes_back(pool)


def test_the_database_dies_in_the_middle_of_a_write(pool: Pool, database: Database) -> None:
    pool.execute(INSERT, {"key": "dies", "amount": 1})

    with ThreadPoolExecutor(1) as threads, database.locked("dies"):
        write = threads.submit(pool.execute, ADD, {"key": "dies", "amount": 1})
        database.wait_until_runs("faults.add")
        database.terminate_backends()
        with pytest.raises(errors.OutcomeUnknown):
            write.result(5)

    comes_back(pool)
    assert database.entry("dies") == [1]


def test_the_database_dies_in_the_middle_of_a_read_and_it_is_asked_again(
    pool: Pool, database: Database
) -> None:
    with ThreadPoolExecutor(1) as threads:
        read = threads.submit(pool.fetch_one, SLOW, {"seconds": 0.5})
        database.wait_until_runs("faults.slow")
        database.terminate_backends()

        assert read.result(5) is not None


def test_the_pooler_is_restarted_between_two_statements_of_a_transaction(
    pool: Pool, pooler: Pooler, database: Database
) -> None:
    def tear() -> None:
        with pool.transaction() as tx:
            tx.execute(INSERT, {"key": "torn", "amount": 1})
            pooler.restart()
            tx.execute(ADD, {"key": "torn", "amount": 1})

    with pytest.raises(errors.Unavailable):
        tear()

    assert pool.fetch_one(ONE) == {"one": 1}
    assert database.entry("torn") == []


def test_a_pooler_that_is_not_there(new_pool: NewPool, pooler: Pooler, proxy: Proxy) -> None:
    pool = new_pool(pooler.conninfo(proxy.port))

    with proxy.refusing(), pytest.raises(errors.Unavailable) as refused:
        pool.fetch_one(ONE)

    assert refused.value.retry_after > 0
    assert pool.fetch_one(ONE) == {"one": 1}


@pytest.mark.parametrize("text", OTHER_RELEASES)
def test_what_other_releases_of_pgbouncer_say_before_a_statement_began(text: str) -> None:
    with Supavisor(at_statement=[Trouble(text, "08P01")]) as stand_in:
        pool = Pool(lambda _: stand_in.conninfo)

        with pytest.raises(errors.Unavailable):
            pool.execute(INSERT, {"key": "never begun", "amount": 1})
