"""One statement is one round trip; a transaction adds its BEGIN and COMMIT and nothing else."""

import pytest

from lambda_pool import Pool, errors
from tests.faults.proxy import Proxy
from tests.faults.queries import ECHO, ENTER, INSERT, ONE, WRONG


@pytest.fixture
def warm_pool(watched_pool: Pool) -> Pool:
    watched_pool.fetch_one(ONE)
    return watched_pool


def test_a_statement_without_parameters(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    warm_pool.fetch_one(ONE)

    assert proxy.flights - before == 1


def test_a_statement_with_parameters(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    warm_pool.fetch_all(ECHO, {"number": 7})

    assert proxy.flights - before == 1


def test_a_write(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    warm_pool.execute(INSERT, {"key": "one round trip", "amount": 1})

    assert proxy.flights - before == 1


def test_a_function_call_that_writes(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    warm_pool.fetch_one(ENTER, {"key": "one call", "amount": 1})

    assert proxy.flights - before == 1


def test_a_refused_statement(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    with pytest.raises(errors.QueryRefused):
        warm_pool.fetch_one(WRONG)

    assert proxy.flights - before == 1


def test_a_transaction_of_two_statements(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    with warm_pool.transaction() as tx:
        tx.fetch_one(ONE)
        tx.fetch_one(ECHO, {"number": 7})

    assert proxy.flights - before <= 4


def test_a_hundred_statements_prepare_nothing(warm_pool: Pool, proxy: Proxy) -> None:
    before = proxy.flights
    for number in range(100):
        assert warm_pool.fetch_one(ECHO, {"number": number}) == {"number": number}

    assert proxy.flights - before == 100
    assert proxy.connections == 1
