"""Threads of one sandbox share three connections and never each other's results."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lambda_pool import Pool, errors
from tests.faults.conftest import NewPool
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.faults.queries import ECHO, ONE, WRONG

THREADS, QUERIES = 10, 200


def test_ten_threads_share_three_connections_and_mix_nothing_up(
    new_pool: NewPool, pooler: Pooler, proxy: Proxy
) -> None:
    pool = new_pool(pooler.conninfo(proxy.port))

    def ask(thread: int) -> bool:
        numbers = range(thread * QUERIES, (thread + 1) * QUERIES)
        return all(
            pool.fetch_one(ECHO, {"number": number}) == {"number": number} for number in numbers
        )

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(ask, range(THREADS)))

    assert proxy.most_open <= 3
    assert pooler.clients() <= 3
    assert pool.stats() == (pool.stats().idle, pool.stats().idle, 0)


def test_errors_of_one_thread_are_no_other_threads(pool: Pool) -> None:
    def ask(number: int) -> bool:
        if number % 3:
            return pool.fetch_one(ECHO, {"number": number}) == {"number": number}
        with pytest.raises(errors.QueryRefused):
            pool.fetch_one(WRONG)
        return True

    with ThreadPoolExecutor(THREADS) as threads:
        assert all(threads.map(ask, range(300)))


def test_transactions_and_cuts_among_threads_leave_every_slot_free(
    new_pool: NewPool, pooler: Pooler, proxy: Proxy
) -> None:
    pool = new_pool(pooler.conninfo(proxy.port))

    def ask(number: int) -> None:
        if number % 50 == 0:
            proxy.cut()
        try:
            with pool.transaction() as tx:
                assert tx.fetch_one(ECHO, {"number": number}) == {"number": number}
        except (errors.OutcomeUnknown, errors.Unavailable):
            return

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(ask, range(300)))

    assert pool.stats().in_use == 0
    assert pool.fetch_one(ONE) == {"one": 1}
    assert proxy.most_open <= 3
