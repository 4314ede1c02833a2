"""The catalogue, goals and tickets are read along their indexes, however many there are."""

import json
from collections.abc import Iterator
from typing import Any, Final

import psycopg
import pytest
from psycopg import ClientCursor

from limelight.support import queries
from tests.database.conftest import ANN, CLEO, PREMIERE, STREAM, Connection

MANY: Final = 3_000

HISTORY: Final = """
insert into virtual_gifts (name, price, rarity, animation, is_active)
select 'Gift ' || n, 1 + n %% 50, 'common', 'float', n %% 10 <> 0
from generate_series(1, %(many)s) n;

insert into streams (id, creator_id, title, category, status, scheduled_for, created_at)
select gen_random_uuid(), %(creator)s, 'Later', 'music', 'scheduled', now(), now()
from generate_series(1, %(many)s) n;

insert into stream_goals (stream_id, title, target_amount, given_before, status, created_at)
select %(stream)s, 'Goal', 100, 0, 'missed', now() - n * interval '1 minute'
from generate_series(1, %(many)s) n
union all
select s.id, 'Goal', 100, 0, 'active', now()
from streams s;

insert into stream_income (stream_id, piece, coins)
select s.id, piece, 1
from streams s, generate_series(0, 3) piece
on conflict do nothing;

-- Tickets without a payment: only their number matters.
set local session_replication_role = replica;
insert into stream_tickets (stream_id, user_id, transfer_id, price)
select %(premiere)s, gen_random_uuid(), gen_random_uuid(), 1
from generate_series(1, %(many)s)
union all
select s.id, %(fan)s, gen_random_uuid(), 1
from streams s
where s.id <> %(premiere)s;
set local session_replication_role = origin;

analyze;
"""


@pytest.fixture(scope="module")
def long_lists(direct_url: str) -> Iterator[Connection]:
    """Thousands of gifts, of streams with a goal, of goals and tickets of one stream; made once, as
    what was rolled back would still be in the indexes."""
    params = {"creator": CLEO, "stream": STREAM, "premiere": PREMIERE, "fan": ANN, "many": MANY}
    with psycopg.connect(direct_url) as connection:
        ClientCursor(connection).execute(HISTORY.encode(), params)
        yield connection
        connection.rollback()


def plan(connection: Connection, sql: str, **params: object) -> list[dict[str, Any]]:
    """The steps of the plan, as it is really run."""
    text = f"explain (analyze, format json) {sql}"
    (row,) = ClientCursor(connection).execute(text.encode(), params).fetchall()
    found = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return list(_steps(found[0]["Plan"]))


def _steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for below in step.get("Plans", []):
        yield from _steps(below)


def is_bounded(steps: list[dict[str, Any]], index: str) -> bool:
    """Whether this index is used, no table is read as a whole, and no step sees many rows."""
    kinds = {step["Node Type"] for step in steps}
    seen = max(step["Actual Rows"] + step.get("Rows Removed by Filter", 0) for step in steps)
    return (
        index in {step.get("Index Name") for step in steps}
        and not kinds & {"Seq Scan", "Sort", "Incremental Sort"}
        and seen <= 50
    )


@pytest.mark.parametrize("after", [(None, None), (25, ANN)], ids=["first page", "a later page"])
def test_the_catalogue_is_a_range_of_its_index(
    long_lists: Connection, after: tuple[int | None, str | None]
) -> None:
    price, gift_id = after

    steps = plan(long_lists, queries.CATALOGUE.sql, price=price, gift_id=gift_id, limit=21)

    assert is_bounded(steps, "virtual_gifts_cheapest"), steps


@pytest.mark.parametrize(
    "after", [(None, None), ("2126-01-01T00:00:00Z", ANN)], ids=["first page", "a later page"]
)
def test_a_streams_goals_are_a_range_of_their_index(
    long_lists: Connection, after: tuple[str | None, str | None]
) -> None:
    created_at, goal_id = after
    asked = {"stream_id": STREAM, "viewer_id": CLEO, "created_at": created_at, "id": goal_id}

    steps = plan(long_lists, queries.GOALS.sql, **asked, limit=21)

    assert is_bounded(steps, "stream_goals_newest"), steps


def test_a_ticket_is_found_by_its_stream_and_holder(long_lists: Connection) -> None:
    steps = plan(long_lists, queries.TICKET.sql, stream_id=PREMIERE, user_id=ANN)

    assert is_bounded(steps, "stream_tickets_stream_id_user_id_key"), steps


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        ("select id from public.stream_goals where stream_id = %(stream)s and status = 'active'",
         "stream_goals_active"),
        ("select sum(coins) from public.stream_income where stream_id = %(stream)s",
         "stream_income_pkey"),
    ],
    ids=["the goals that it moves", "what the stream was given"],
)  # fmt: skip
def test_what_a_gift_looks_at_is_found_by_its_stream(
    long_lists: Connection, sql: str, index: str
) -> None:
    assert is_bounded(plan(long_lists, sql, stream=STREAM), index)
