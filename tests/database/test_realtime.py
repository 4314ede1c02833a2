"""The outbox's publisher asks little of the database, and channels open wherever Realtime is."""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import errors, sql

from local.gateway.bootstrap import bootstrap
from local.services.migrate import migrate
from tests.database.conftest import CLEO, STREAM, Connection, acting_as


def policies(connection: Connection) -> list[tuple[str, str]]:
    """The policies of Realtime's table, with what each is for."""
    rows = connection.execute(
        "select policyname, cmd from pg_policies where schemaname = 'realtime' order by 1"
    )
    return [(name, command) for name, command in rows]


@pytest.fixture
def without_realtime(direct_url: str) -> Iterator[str]:
    """A new database of a project whose Realtime has not made its table yet, migrated."""
    url = psycopg.conninfo.make_conninfo(direct_url, dbname="without_realtime")
    with psycopg.connect(direct_url, autocommit=True) as owner:
        owner.execute("create database without_realtime")
        try:
            bootstrap(url)
            with psycopg.connect(url) as connection:
                connection.execute("drop schema realtime cascade")
            yield url
        finally:
            owner.execute("drop database without_realtime with (force)")


def test_clients_may_listen_and_nobody_may_send(database: Connection) -> None:
    assert policies(database) == [("limelight_listen", "SELECT")]


def test_opening_the_channels_again_changes_nothing(database: Connection) -> None:
    before = policies(database)

    assert database.execute("select private.open_channels()").fetchone() == (True,)

    assert policies(database) == before


def test_the_migrations_load_before_realtime_has_its_table_and_channels_open_later(
    without_realtime: str,
) -> None:
    migrate(without_realtime)
    with psycopg.connect(without_realtime) as connection:
        assert connection.execute("select private.open_channels()").fetchone() == (False,)
    bootstrap(without_realtime)  # Realtime makes its table, as the gateway does it

    with psycopg.connect(without_realtime) as connection:
        assert policies(connection) == []
        assert connection.execute("select private.open_channels()").fetchone() == (True,)
        assert policies(connection) == [("limelight_listen", "SELECT")]


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_no_api_role_reaches_the_outbox_or_speaks_for_the_platform(
    database: Connection, role: str
) -> None:
    with acting_as(database, role, CLEO), pytest.raises(errors.InsufficientPrivilege):
        database.execute("select private.tell('stream:x', 'gift', '{}')")


# What an idle publisher costs


def shape(connection: Connection, statement: LiteralString) -> str:
    """The plan of a statement on an outbox of many published events, as text."""
    connection.execute(
        """
        insert into public.outbox (topic, event, payload, published_at)
        select 'stream:' || gen_random_uuid(), 'chat', '{}', now()
        from generate_series(1, 20000)
        """
    )
    connection.execute("analyze public.outbox")
    plan: Any = connection.execute(sql.SQL("explain {}").format(sql.SQL(statement))).fetchall()
    return "\n".join(line for (line,) in plan)


def test_the_first_event_that_waits_is_one_step_along_an_index(database: Connection) -> None:
    plan = shape(
        database,
        """
        select o.topic, o.id
        from public.outbox o
        where o.published_at is null
          and o.dead_at is null
          and o.topic > 'stream:5'
        order by o.topic, o.id
        limit 1
        """,
    )

    assert "outbox_waiting" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


def test_old_events_are_purged_along_an_index(database: Connection) -> None:
    plan = shape(
        database,
        """
        select p.id
        from public.outbox p
        where p.published_at < now() - interval '24 hours'
        order by p.published_at
        limit 5000
        """,
    )

    assert "outbox_published" in plan
    assert "Sort" not in plan


def written(connection: Connection) -> object:
    """How many rows this transaction has written so far."""
    return connection.execute(
        "select sum(n_tup_ins + n_tup_upd + n_tup_del) from pg_stat_xact_user_tables"
    ).fetchone()


def test_an_idle_look_writes_nothing(database: Connection) -> None:
    """Twice a second, all day: it must leave no dead row behind."""
    database.execute("update public.outbox set published_at = now() where dead_at is null")
    database.execute("delete from public.outbox_topics")
    database.execute(
        "update public.stream_stats set is_live = false where stream_id = %s", [STREAM]
    )
    before = written(database)

    database.execute("select * from private.tell_viewer_counts(500)")
    database.execute("select * from private.claim_outbox(16, 50, '30 seconds')")
    assert written(database) == before

    database.execute("select private.tell('stream:x', 'chat', '{}')")
    database.execute("select * from private.claim_outbox(16, 50, '30 seconds')")
    assert written(database) != before
