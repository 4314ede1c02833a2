"""Every query is seen: by name, time and rows, and never by its values."""

import pytest

from lambda_pool import Pool, Query, QueryRun, deadline, errors
from tests.faults.conftest import NewPool
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy, says
from tests.faults.queries import ECHO, ONE, WRONG

NUMBERS = Query("faults.numbers", "select * from generate_series(1, %(count)s)", repeatable=True)
OF_SOMEBODY = Query(
    "faults.of_somebody",
    "select amount from faults.entries where key = %(key)s",
    repeatable=True,
)
ITSELF = Query(
    "faults.itself",
    "select query from pg_catalog.pg_stat_activity where pid = pg_backend_pid()",
)


@pytest.fixture
def seen() -> list[QueryRun]:
    return []


@pytest.fixture
def seen_pool(new_pool: NewPool, pooler: Pooler, seen: list[QueryRun]) -> Pool:
    return new_pool(pooler.conninfo(), on_query=seen.append)


def test_a_query_is_seen_with_name_time_and_rows(seen_pool: Pool, seen: list[QueryRun]) -> None:
    seen_pool.fetch_all(NUMBERS, {"count": 7})

    (run,) = seen
    assert (run.name, run.rows, run.plan) == ("faults.numbers", 7, None)
    assert 0 < run.milliseconds < 5000


def test_the_statements_of_a_transaction_are_seen(seen_pool: Pool, seen: list[QueryRun]) -> None:
    with seen_pool.transaction() as tx:
        tx.fetch_one(ONE)
        tx.fetch_one(ECHO, {"number": 1})

    assert [run.name for run in seen] == ["faults.one", "faults.echo"]


def test_a_wait_is_told_for_slot_and_connection_and_in_a_transaction_for_its_server(
    new_pool: NewPool, pooler: Pooler
) -> None:
    waits: list[float] = []
    pool = new_pool(pooler.conninfo(), on_wait=waits.append)

    pool.fetch_one(ONE)
    single = waits.copy()
    waits.clear()
    with pool.transaction() as tx:
        tx.fetch_one(ONE)

    slot, connection = single
    assert 0 <= slot < connection
    slot, connection, begin = waits
    assert max(slot, connection) < begin, "a warm connection is there at once; BEGIN is sent"


def test_a_wait_in_vain_is_told(new_pool: NewPool, pooler: Pooler, proxy: Proxy) -> None:
    waits: list[float] = []
    pool = new_pool(pooler.conninfo(proxy.port, tls=False), on_wait=waits.append)

    with proxy.refusing(), pytest.raises(errors.Unavailable):
        pool.fetch_one(ONE)

    slot, connection = waits
    assert 0 <= slot < connection


def test_a_query_that_was_refused_is_seen(seen_pool: Pool, seen: list[QueryRun]) -> None:
    with pytest.raises(errors.QueryRefused):
        seen_pool.fetch_one(WRONG)

    assert [run.name for run in seen] == ["faults.wrong"]


def test_the_server_sees_the_name_as_a_comment(pool: Pool) -> None:
    row = pool.fetch_one(ITSELF)

    assert row is not None
    assert row["query"].startswith("/* faults.itself */ ")


def test_a_slow_query_tells_its_plan_and_no_value(
    new_pool: NewPool, pooler: Pooler, seen: list[QueryRun]
) -> None:
    pool = new_pool(pooler.conninfo(), on_query=seen.append, slow_seconds=0)

    for key in ("ann's", "ben's"):
        pool.fetch_all(OF_SOMEBODY, {"key": key})

    plans = {run.plan for run in seen}
    assert len(plans) == 1, "a plan's fingerprint does not depend on values"
    assert None not in plans
    assert "ann's" not in repr(seen)


def test_a_plan_that_is_never_told_costs_a_slow_query_neither_its_answer_nor_its_time(
    new_pool: NewPool, pooler: Pooler, proxy: Proxy, seen: list[QueryRun]
) -> None:
    conninfo = pooler.conninfo(proxy.port, tls=False)
    pool = new_pool(conninfo, on_query=seen.append, slow_seconds=0)
    proxy.swallow_answer_to(says("explain"))

    with deadline(2):
        assert pool.fetch_one(ONE) == {"one": 1}
        assert pool.fetch_one(ONE) == {"one": 1}

    assert proxy.sprung
    assert [run.plan is None for run in seen] == [True, False]
