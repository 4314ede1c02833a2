"""What somebody has open who was shut out is found among everybody's, along an index."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.database.conftest import ANN, BEN, CLEO, SHOW, Connection

MANY = 20_000


@pytest.fixture(scope="module")
def full(direct_url: str) -> Iterator[Connection]:
    """Thousands of open calls and shows of others, and accounts that wait in the queue."""
    with psycopg.connect(direct_url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            """
            insert into calls (
              fan_id, creator_id, status, rate_per_minute, minimum_minutes, estimated_minutes,
              expires_at
            )
            select
              md5('fan ' || n)::uuid, md5('creator ' || n %% 500)::uuid, 'pending', 1, 1, 1,
              now() + interval '1 hour'
            from generate_series(1, %(many)s) n
            """,
            {"many": MANY},
        )
        connection.execute(
            """
            insert into shows (creator_id, title, show_type, ticket_price, scheduled_start)
            select md5('creator ' || n %% 500)::uuid, 'T', 'qna', 0, now() + n * interval '1 minute'
            from generate_series(1, %(many)s) n
            """,
            {"many": MANY},
        )
        connection.execute(
            """
            insert into private.shut_out (user_id, since)
            select md5('creator ' || n)::uuid, now() + n * interval '1 second'
            from generate_series(1, %(many)s) n
            """,
            {"many": MANY},
        )
        connection.execute("set local session_replication_role = origin")
        connection.execute("analyze calls, shows, private.shut_out")
        yield connection
        connection.rollback()


def rows_read(connection: Connection) -> dict[str, tuple[int, int]]:
    """Of each table: rows that were read through, and rows that an index led to."""
    rows = connection.execute(
        """
        select relname, seq_tup_read, idx_tup_fetch
        from pg_stat_xact_user_tables
        where relname in ('calls', 'shows', 'streams', 'shut_out')
        """
    )
    return {name: (through, along) for name, through, along in rows}


def step(connection: Connection, person: str) -> int:
    row = connection.execute("select ledger.enforce_suspension(%s, 100, 'q')", [person]).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("person", [ANN, CLEO], ids=["a fan", "a creator"])
def test_a_step_reads_what_the_account_has_open_and_no_more(
    full: Connection, person: str, mode: str
) -> None:
    with full.transaction(force_rollback=True):
        full.execute("select set_config('plan_cache_mode', %s, true)", [mode])
        full.execute("insert into private.shut_out (user_id) values (%s)", [person])
        before = rows_read(full)

        while step(full, person):
            pass

        after = rows_read(full)
        read = {
            table: (after[table][0] - before[table][0], after[table][1] - before[table][1])
            for table in ("calls", "shows", "shut_out")
        }
        assert {through for through, _ in read.values()} == {0}, read
        assert all(along <= 100 for _, along in read.values()), read


def test_the_first_in_the_queue_are_found_along_an_index(full: Connection) -> None:
    before = rows_read(full)

    found = full.execute("select user_id from private.due_suspensions(100)").fetchall()

    after = rows_read(full)
    assert len(found) == 100
    assert after["shut_out"][0] == before["shut_out"][0]
    assert after["shut_out"][1] - before["shut_out"][1] <= 100


def test_who_is_shut_out_waits_in_the_queue_until_nothing_is_open(quiet: Connection) -> None:
    quiet.execute(
        "update users set status = 'suspended', suspended_at = now() where id = %s", [CLEO]
    )

    closed = [step(quiet, CLEO) for _ in range(5)]

    assert closed == [1, 1, 1, 0, 0]
    left = quiet.execute("select from private.shut_out where user_id = %s", [CLEO]).fetchall()
    assert left == []
    status = quiet.execute("select status from shows where id = %s", [SHOW]).fetchone()
    assert status == ("cancelled",)


def test_an_account_that_is_not_in_the_queue_keeps_what_it_has(quiet: Connection) -> None:
    assert [step(quiet, person) for person in (BEN, CLEO)] == [0, 0]
