"""With many calls in the table, every query of the calls goes along its index and sorts no heap."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
import pytest

from lambda_pool import Query
from limelight.calls import queries
from tests.database.conftest import ANN, CLEO, STREAM, Connection

MANY = 20_000
PEOPLE = 8_000
CREATOR_PAGE: dict[str, object] = {
    "creator_id": CLEO,
    "requested_at": None,
    "id": None,
    "limit": 21,
}
USER_PAGE: dict[str, object] = {"user_id": CLEO, "requested_at": None, "id": None, "limit": 21}
LATER: dict[str, object] = {"requested_at": "2026-01-03T00:00:00Z", "id": STREAM}
BATCH = {"batch": 100}

PLANS: dict[str, tuple[Query, Mapping[str, object], set[str]]] = {
    "one call": (queries.GET, {"call_id": STREAM, "caller_id": ANN}, {"calls_pkey"}),
    "the queue": (queries.PENDING, CREATOR_PAGE, {"calls_queue"}),
    "the queue's next page": (queries.PENDING, CREATOR_PAGE | LATER, {"calls_queue"}),
    "history": (queries.HISTORY, USER_PAGE, {"calls_fan", "calls_creator"}),
    "history's next page": (queries.HISTORY, USER_PAGE | LATER, {"calls_fan", "calls_creator"}),
    "what is overdue": (queries.OVERDUE, BATCH, {"calls_due"}),
    "what runs out": (queries.RUNNING_OUT, BATCH, {"calls_running_out"}),
}


@pytest.fixture(scope="module")
def full(direct_url: str) -> Iterator[Connection]:
    """Years of calls, most of them over, in a transaction that is rolled back."""
    with psycopg.connect(direct_url) as connection:
        connection.execute("set local session_replication_role = replica")
        connection.execute(
            """
            insert into profiles (user_id, username, display_name)
            select md5('person ' || n)::uuid, 'person_' || n, 'P'
            from generate_series(0, %(people)s - 1) n
            """,
            {"people": PEOPLE},
        )
        connection.execute(
            """
            insert into calls (
              fan_id, creator_id, status, rate_per_minute, minimum_minutes, estimated_minutes,
              requested_at, ended_at, ended_by, end_reason
            )
            select
              case n %% 50 when 1 then %(cleo)s::uuid else p.one end,
              case n %% 50 when 0 then %(cleo)s::uuid else p.other end,
              'cancelled', 1, 1, 1, p.moment, p.moment, 'fan', 'cancel'
            from generate_series(1, %(many)s) n
            cross join lateral (
              select
                md5('person ' || n %% %(people)s)::uuid as one,
                md5('person ' || (n + 1) * 7 %% %(people)s)::uuid as other,
                timestamptz '2026-01-01' + make_interval(mins => n) as moment
            ) p
            where p.one <> p.other
            """,
            {"cleo": CLEO, "people": PEOPLE, "many": MANY},
        )
        connection.execute(
            """
            insert into calls (
              fan_id, creator_id, status, rate_per_minute, minimum_minutes, estimated_minutes,
              requested_at, accepted_at, fan_joined_at, creator_joined_at, started_at,
              covered_until, expires_at
            )
            select
              md5('person ' || n)::uuid,
              case when n <= 60 then %(cleo)s::uuid else md5('person ' || n + 1)::uuid end,
              s.status, 1, 1, 1, m.asked, m.began, m.began,
              m.began, m.began, m.began + interval '5 minutes', m.asked + interval '3 years'
            from generate_series(1, 6000) n
            cross join lateral (select (array['pending', 'active'])[n %% 2 + 1] as status) s
            cross join lateral (
              select
                timestamptz '2026-01-01' + make_interval(mins => n) as asked,
                case s.status
                  when 'active' then timestamptz '2026-01-01' + make_interval(mins => n)
                end as began
            ) m
            """,
            {"cleo": CLEO},
        )
        connection.execute("analyze calls, profiles")
        yield connection
        connection.rollback()


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


@pytest.mark.parametrize("what", PLANS)
def test_a_query_goes_along_its_index(full: Connection, what: str) -> None:
    query, params, indexes = PLANS[what]

    row = full.execute(f"explain (analyze, format json) {query.sql}".encode(), params).fetchone()

    assert row is not None
    found = list(nodes((row[0] if isinstance(row[0], list) else json.loads(row[0]))[0]["Plan"]))
    used = {one["Index Name"] for one in found if one.get("Index Name", "").startswith("calls_")}
    assert used == indexes
    assert not [one for one in found if one["Node Type"] == "Seq Scan"]
    assert all(one["Actual Rows"] <= 101 for one in found if "Sort Key" in one)
