"""The lists of streams and viewers are read along their indexes, however long they grow."""

import json
from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest
from psycopg import ClientCursor

from limelight.data.system import Query
from limelight.streams import queries
from tests.database.conftest import ANN, CLEO, STREAM, Connection

STREAMS: Final = 5_000
VIEWERS: Final = 2_000
BEGINNING: Final = {"status": None, "created_at": None, "id": None, "limit": 21}
LATER: Final = {"created_at": "2026-01-01T00:00:00Z", "id": STREAM}

HISTORY: Final = """
insert into streams (
  creator_id, title, category, status, scheduled_for, started_at, ended_at, is_totalled, created_at
)
select
  case when n %% 5 = 0 then %(other)s else %(creator)s end::uuid, 'Past', 'music', kind,
  case kind when 'scheduled' then at + interval '1 year' end,
  case kind when 'ended' then at end,
  case kind when 'ended' then at + interval '1 hour' end,
  kind = 'ended',
  at
from generate_series(1, %(streams)s) n
cross join lateral (
  select
    now() - n * interval '2 hours' as at,
    case when n %% 500 = 0 then 'scheduled' else 'ended' end as kind
) k;

insert into stream_stats (stream_id, is_live, coins, gifts)
select id, false, 1, 1
from streams
where id not in (select stream_id from stream_stats);

insert into stream_supporters (stream_id, user_id, coins, gifts)
select id, %(other)s::uuid, 1, 1
from streams
on conflict do nothing;

insert into stream_income (stream_id, piece, coins)
select id, 0, 1
from streams
on conflict do nothing;

insert into auth.users (id, email, raw_user_meta_data)
select
  gen_random_uuid(),
  format('viewer_%%s@example.com', n),
  jsonb_build_object('username', format('viewer_%%s', n))
from generate_series(1, %(viewers)s) n;

insert into stream_viewers (stream_id, user_id, left_at)
select s.id, u.id, now()
from auth.users u
cross join (select id from streams where status = 'ended' limit 5) s
where u.email like 'viewer_%%';

insert into creator_stream_totals (creator_id, streams, seconds, views, peak_viewers, coins, gifts)
select id, 1, 1, 1, 1, 1, 1
from auth.users
on conflict do nothing;

analyze;

insert into stream_viewers (stream_id, user_id)
select %(stream)s, id
from auth.users
where email like 'viewer_%%';
"""
"""The viewers of the live stream come last: the planner has not heard of them, as in a storm."""


@pytest.fixture(scope="module")
def long_lists(direct_url: str) -> Iterator[Connection]:
    """A creator with thousands of streams, and a stream with thousands of viewers; made once, as
    what was rolled back would still be in the indexes."""
    params = {
        "creator": CLEO, "other": ANN, "stream": STREAM, "streams": STREAMS, "viewers": VIEWERS,
    }  # fmt: skip
    with psycopg.connect(direct_url) as connection:
        ClientCursor(connection).execute(HISTORY.encode(), params)
        yield connection
        connection.rollback()


def plan(connection: Connection, query: Query, **params: object) -> list[dict[str, Any]]:
    """The steps of the query's plan, as it is really run."""
    text = f"explain (analyze, format json) {query.sql}"
    (row,) = ClientCursor(connection).execute(text.encode(), params).fetchall()
    found = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return list(_steps(found[0]["Plan"]))


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for below in step.get("Plans", []):
        yield from _steps(below)


def indexes(steps: list[dict[str, Any]]) -> set[str]:
    return {step["Index Name"] for step in steps if "Index Name" in step}


def must_be_bounded(steps: list[dict[str, Any]]) -> None:
    """No table is read as a whole, nothing is sorted, no step sees many more rows than shown."""
    kinds = {step["Node Type"] for step in steps}
    assert not kinds & {"Seq Scan", "Sort", "Incremental Sort", "Bitmap Heap Scan"}
    assert max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps) <= 50


@pytest.mark.parametrize("page", [{}, LATER], ids=["first page", "a later page"])
def test_a_creators_streams_are_a_range_of_their_index(
    long_lists: Connection, page: dict[str, object]
) -> None:
    steps = plan(long_lists, queries.MINE, **(BEGINNING | {"creator_id": CLEO} | page))

    assert "streams_creator" in indexes(steps)
    must_be_bounded(steps)


@pytest.mark.parametrize("page", [{}, LATER], ids=["first page", "a later page"])
def test_a_creators_streams_of_a_rare_status_are_a_range_of_their_index(
    long_lists: Connection, page: dict[str, object]
) -> None:
    asked = BEGINNING | {"creator_id": CLEO, "status": "scheduled"} | page

    steps = plan(long_lists, queries.MINE, **asked)

    assert "streams_status" in indexes(steps)
    must_be_bounded(steps)


def test_the_figures_of_thousands_of_streams_are_read_from_a_few_rows(
    long_lists: Connection,
) -> None:
    steps = plan(long_lists, queries.STATS, creator_id=CLEO, window=10)

    assert {"streams_ended", "creator_stream_totals_pkey"} <= indexes(steps)
    assert {"streams_untotalled"} <= indexes(steps)
    must_be_bounded(steps)


def test_the_active_stream_is_found_among_thousands(long_lists: Connection) -> None:
    must_be_bounded(plan(long_lists, queries.ACTIVE, creator_id=CLEO))


@pytest.mark.parametrize(
    "joined_at", [None, "2100-01-01T00:00:00Z"], ids=["first page", "a later page"]
)
def test_the_viewers_of_a_large_stream_are_a_range_of_their_index(
    long_lists: Connection, joined_at: str | None
) -> None:
    steps = plan(
        long_lists, queries.VIEWERS,
        stream_id=STREAM, viewer_id=CLEO, joined_at=joined_at, user_id=ANN, limit=21,
    )  # fmt: skip

    assert "stream_viewers_newest" in indexes(steps)
    must_be_bounded(steps)


@pytest.mark.parametrize("call", ["see_viewer", "leave_stream", "join_stream"])
def test_one_viewer_among_thousands_is_found_by_their_key(
    long_lists: Connection, call: str
) -> None:
    (viewer,) = long_lists.execute(
        "select user_id from stream_viewers where stream_id = %s and joined_at = now() limit 1",
        (STREAM,),
    ).fetchone() or [None]
    long_lists.execute(
        """
        update stream_stats
        set current_viewers = 2000, peak_viewers = 2000, counted_at = now()
        where stream_id = %s
        """,
        (STREAM,),
    )
    read = "select idx_tup_fetch from pg_stat_xact_user_tables where relname = 'stream_viewers'"

    before = long_lists.execute(read).fetchone()
    long_lists.execute(f"select private.{call}(%s, %s)".encode(), (STREAM, viewer))
    after = long_lists.execute(read).fetchone()

    assert before is not None
    assert after is not None
    assert after[0] - before[0] <= 3


def test_a_ban_finds_its_viewer_by_their_key(long_lists: Connection) -> None:
    (viewer,) = long_lists.execute(
        """
        select user_id
        from stream_viewers
        where stream_id = %s
          and joined_at = now()
        order by user_id
        limit 1
        """,
        (STREAM,),
    ).fetchone() or [None]
    long_lists.execute(
        """
        update stream_stats
        set current_viewers = 2000, peak_viewers = 2000, counted_at = now()
        where stream_id = %s
        """,
        (STREAM,),
    )
    read = "select idx_tup_fetch from pg_stat_xact_user_tables where relname = 'stream_viewers'"

    before = long_lists.execute(read).fetchone()
    with long_lists.transaction(force_rollback=True):
        long_lists.execute("select private.ban_viewer(%s, %s, %s)", (STREAM, CLEO, viewer))
    after = long_lists.execute(read).fetchone()

    assert before is not None
    assert after is not None
    assert after[0] - before[0] <= 3
