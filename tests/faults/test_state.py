"""Nothing that one request leaves on a connection is met by the next; the role's limits hold."""

from uuid import uuid4

import pytest

from lambda_pool import Pool, Query, errors
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.queries import ADD, INSERT, ONE, WRONG

BEGIN = Query("faults.begin", "begin")
LIMITS = Query(
    "faults.limits",
    """
    select name, setting::int as milliseconds
    from pg_catalog.pg_settings
    where name in (
      'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'
    )
    """,
    repeatable=True,
)
LOCAL = Query("faults.local", "select set_config('work_mem', '64kB', true)")
WORK_MEM = Query("faults.work_mem", "select current_setting('work_mem') as value")


class Oops(Exception):
    """What a handler raises."""


@pytest.fixture
def key() -> str:
    return str(uuid4())


def test_a_connection_left_in_a_transaction_is_not_used_again(
    pool: Pool, database: Database, key: str
) -> None:
    pool.execute(BEGIN)
    assert pool.stats().open == 0

    pool.execute(INSERT, {"key": key, "amount": 1})

    assert database.entry(key) == [1]


def test_a_transaction_that_raises_is_undone(pool: Pool, database: Database, key: str) -> None:
    def fail() -> None:
        with pool.transaction() as tx:
            tx.execute(INSERT, {"key": key, "amount": 1})
            raise Oops

    with pytest.raises(Oops):
        fail()

    assert database.entry(key) == []
    assert pool.fetch_one(ONE) == {"one": 1}


def test_a_transaction_with_a_refused_statement_is_undone_and_harms_nobody(
    pool: Pool, database: Database, key: str
) -> None:
    def fail() -> None:
        with pool.transaction() as tx:
            tx.execute(INSERT, {"key": key, "amount": 1})
            tx.fetch_one(WRONG)

    with pytest.raises(errors.QueryRefused) as refused:
        fail()

    assert refused.value.sqlstate == "22012"
    assert database.entry(key) == []
    assert pool.fetch_one(ONE) == {"one": 1}


def test_a_refusal_that_the_block_swallows_is_not_taken_for_a_commit(
    pool: Pool, database: Database, key: str
) -> None:
    def swallow() -> None:
        with pool.transaction() as tx:
            tx.execute(INSERT, {"key": key, "amount": 1})
            with pytest.raises(errors.QueryRefused):
                tx.fetch_one(WRONG)

    with pytest.raises(errors.QueryRefused) as refused:
        swallow()

    assert refused.value.sqlstate == "25P02"
    assert database.entry(key) == []


def test_a_refused_statement_costs_no_connection(pool: Pool) -> None:
    with pytest.raises(errors.QueryRefused):
        pool.fetch_one(WRONG)

    assert pool.stats() == (1, 1, 0)


def test_a_setting_of_a_transaction_ends_with_it(pool: Pool) -> None:
    usual = pool.fetch_one(WORK_MEM)
    with pool.transaction() as tx:
        tx.fetch_one(LOCAL)
        assert tx.fetch_one(WORK_MEM) == {"value": "64kB"}

    assert pool.fetch_one(WORK_MEM) == usual


def test_the_role_carries_limits_of_its_own(pool: Pool) -> None:
    limits = {row["name"]: row["milliseconds"] for row in pool.fetch_all(LIMITS)}

    assert limits == {
        "statement_timeout": 15_000,
        "lock_timeout": 2_000,
        "idle_in_transaction_session_timeout": 10_000,
    }


def test_a_transaction_is_bounded_by_the_server_no_later_than_by_its_role(pool: Pool) -> None:
    with pool.transaction() as tx:
        limits = {row["name"]: row["milliseconds"] for row in tx.fetch_all(LIMITS)}

    assert 0 < limits["statement_timeout"] <= 15_000
    assert 0 < limits["lock_timeout"] <= 2_000


def test_a_lock_wait_without_a_deadline_ends_by_the_roles_limit(
    pool: Pool, database: Database, key: str
) -> None:
    pool.execute(INSERT, {"key": key, "amount": 1})

    with database.locked(key), pytest.raises(errors.QueryRefused) as refused:
        pool.execute(ADD, {"key": key, "amount": 1})

    assert refused.value.sqlstate == "55P03"


def test_a_second_connection_is_refused_to_a_thread_that_holds_one(
    pool: Pool, pooler: Pooler
) -> None:
    with pool.transaction() as tx:
        with pytest.raises(errors.NestedCheckout):
            pool.fetch_one(ONE)
        with pytest.raises(errors.NestedCheckout), pool.transaction():
            pass
        assert tx.fetch_one(ONE) == {"one": 1}

    assert pool.fetch_one(ONE) == {"one": 1}
    assert pool.stats() == (1, 1, 0)
