"""The shared rate limits, to the second: the window slides, and lets exactly its number through."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors, sql

from limelight.limits.models import Standing, Window
from local.services.limits import declared_limits
from tests.database.conftest import Connection

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
THREADS = 12


@dataclass
class Counted:
    """Requests at moments that the test chooses: seconds after noon."""

    connection: Connection

    def take(self, at: float, rule: str = "gift", subject: str = "ann") -> Standing:
        self.set_clock(at)
        cursor = self.connection.execute("select * from private.take_rate(%s, %s)", (rule, subject))
        names = [column.name for column in cursor.description or ()]
        return Standing.of([dict(zip(names, row, strict=True)) for row in cursor])

    def set_clock(self, at: float) -> None:
        self.connection.execute(
            sql.SQL(
                "create or replace function private.now() returns timestamptz "
                "language sql stable set search_path = '' as $$ select {}::timestamptz $$"
            ).format(sql.Literal((NOON + timedelta(seconds=at)).isoformat()))
        )

    def stored(self, rule: str = "gift", subject: str = "ann") -> int:
        """How many moments are kept."""
        row = self.connection.execute(
            "select cardinality(used_at) from private.rate_usage where (rule, subject) = (%s, %s)",
            (rule, subject),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def limit(self, rule: str, **figures: int) -> None:
        """Puts another limit in the place of a rule's: requests by `seconds_60` and its like."""
        self.connection.execute("delete from private.rate_limits where rule = %s", (rule,))
        for name, requests in figures.items():
            seconds = int(name.removeprefix("seconds_"))
            self.connection.execute(
                "insert into private.rate_limits values (%s, %s, %s)", (rule, seconds, requests)
            )


@pytest.fixture
def counted(database: Connection) -> Counted:
    return Counted(database)


# The figures


def test_the_documents_read_the_figures_as_they_are(database: Connection) -> None:
    rows = database.execute("select rule, window_seconds, max_requests from private.rate_limits")

    declared = {
        (rule, seconds, requests)
        for rule, figures in declared_limits().items()
        for seconds, requests in figures.items()
    }
    assert set(rows.fetchall()) == declared


# The window


def test_as_many_are_let_through_as_the_limit_says(counted: Counted) -> None:
    standings = [counted.take(at) for at in range(12)]

    assert [one.admitted for one in standings] == [True] * 10 + [False] * 2
    assert [one.windows[0].remaining for one in standings] == [*range(9, -1, -1), 0, 0]
    assert [one.windows[1].remaining for one in standings] == [*range(59, 49, -1), 50, 50]


def test_the_window_slides_to_the_second(counted: Counted) -> None:
    for at in range(10):
        counted.take(at)

    assert not counted.take(59.999).admitted
    assert counted.take(60).admitted  # the first has left
    assert not counted.take(60.999).admitted
    assert counted.take(61).admitted  # the second has
    assert not counted.take(61).admitted


def test_a_burst_at_the_edge_of_two_minutes_is_no_way_around(counted: Counted) -> None:
    """What a counter that begins anew with every minute would let through."""
    early = [counted.take(59).admitted for _ in range(10)]
    late = [counted.take(61).admitted for _ in range(10)]

    assert (sum(early), sum(late)) == (10, 0)


def test_a_refusal_says_when_there_is_room_and_is_right(counted: Counted) -> None:
    for at in (0, 7, 7, 7, 7, 7, 7, 7, 7, 7):
        counted.take(at)

    refused = counted.take(30)

    assert refused.tightest == Window(MINUTE, 10, 0, 30)
    assert not counted.take(30 + 30 - 1).admitted
    assert counted.take(30 + 30).admitted


def test_a_refusal_does_not_make_the_wait_longer(counted: Counted) -> None:
    for _ in range(10):
        counted.take(0)
    for at in range(1, 60):
        assert not counted.take(at).admitted

    assert counted.take(60).admitted
    assert counted.stored() == 11  # ten of the first minute are still in the hour's window


def test_the_hour_holds_when_the_minute_has_room(counted: Counted) -> None:
    for minute in range(6):
        for _ in range(10):
            assert counted.take(minute * MINUTE).admitted

    refused = counted.take(6 * MINUTE)

    assert not refused.admitted
    assert refused.windows == (
        Window(MINUTE, 10, 10, 0),
        Window(HOUR, 60, 0, HOUR - 6 * MINUTE),
    )
    assert refused.tightest.seconds == HOUR
    assert not counted.take(HOUR - 1).admitted
    assert counted.take(HOUR).admitted


def test_of_two_full_windows_the_longer_wait_is_told(counted: Counted) -> None:
    counted.limit("gift", seconds_60=1, seconds_3600=1)
    counted.take(0)

    assert counted.take(10).tightest == Window(HOUR, 1, 0, HOUR - 10)


def test_nobody_uses_up_what_is_anothers(counted: Counted) -> None:
    for _ in range(11):
        counted.take(0)

    assert counted.take(0, subject="ben").tightest.remaining == 9
    assert counted.take(0, rule="tip").tightest.remaining == 9


def test_a_row_keeps_no_more_moments_than_the_limit(counted: Counted) -> None:
    for at in range(0, 3 * DAY, 600):
        counted.take(at, rule="call_request")

    assert counted.stored("call_request") == 50


# Changing a limit


def test_a_change_holds_from_the_next_request_on(counted: Counted) -> None:
    for _ in range(10):
        counted.take(0)
    counted.limit("gift", seconds_60=11)

    assert [counted.take(1).admitted for _ in range(2)] == [True, False]


def test_a_lower_limit_counts_what_was_let_through_before(counted: Counted) -> None:
    for at in range(10):
        counted.take(at)
    counted.limit("gift", seconds_60=3)

    refused = counted.take(20)

    assert refused.tightest == Window(MINUTE, 3, 0, 47)  # when the third newest, at 7 s, leaves
    assert not counted.take(66.5).admitted
    assert counted.take(67).admitted


def test_a_rule_that_is_not_there_lets_nobody_through(counted: Counted) -> None:
    with pytest.raises(errors.UndefinedObject, match="no rate limit is named nonsense"):
        counted.take(0, rule="nonsense")


@pytest.mark.parametrize(
    ("rule", "seconds", "requests"),
    [
        ("gift", 0, 1), ("gift", DAY + 1, 1), ("gift", 61, 0), ("gift", 61, 1_001),
        ("gift", MINUTE, 5), ('gi"ft', 61, 1), ("", 61, 1),
    ],
)  # fmt: skip
def test_a_limit_that_makes_no_sense_cannot_be_set(
    database: Connection, rule: str, seconds: int, requests: int
) -> None:
    with pytest.raises(errors.IntegrityError):
        database.execute(
            "insert into private.rate_limits values (%s, %s, %s)", (rule, seconds, requests)
        )


# Against a model


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    gaps=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    short=st.tuples(st.integers(1, 60), st.integers(1, 6)),
    long=st.tuples(st.integers(61, 200), st.integers(1, 12)),
)
def test_it_counts_as_a_log_of_every_request_would(
    counted: Counted, gaps: list[int], short: tuple[int, int], long: tuple[int, int]
) -> None:
    subject, at = str(uuid4()), 0
    counted.limit("gift", **{f"seconds_{short[0]}": short[1], f"seconds_{long[0]}": long[1]})
    let_through: list[int] = []

    for gap in gaps:
        at += gap
        standing = counted.take(at, subject=subject)

        expected = all(
            sum(one > at - seconds for one in let_through) < requests
            for seconds, requests in (short, long)
        )
        assert standing.admitted == expected
        let_through += [at] * expected
        for window in standing.windows:
            used = [one for one in let_through if one > at - window.seconds]
            assert window.remaining == window.max_requests - len(used)
            assert window.reset_seconds == (used[0] + window.seconds - at if used else 0)


# Together


@pytest.fixture
def committed(direct_url: str) -> Iterator[str]:
    """A subject that requests of many connections share, gone afterwards."""
    subject = str(uuid4())
    yield subject
    with psycopg.connect(direct_url, autocommit=True) as owner:
        owner.execute("delete from private.rate_usage where subject = %s", (subject,))


def at_once(direct_url: str, rules: list[str], subject: str) -> list[bool]:
    """Whether each of the requests was let through, sent from as many connections as can be."""

    def take(rule: str) -> bool:
        with psycopg.connect(direct_url, autocommit=True) as connection:
            row = connection.execute(
                "select bool_and(admitted) from private.take_rate(%s, %s)", (rule, subject)
            ).fetchone()
            assert row is not None
            return bool(row[0])

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(take, rules))


def test_of_many_at_once_exactly_as_many_are_let_through(direct_url: str, committed: str) -> None:
    assert sum(at_once(direct_url, ["gift"] * 40, committed)) == 10


def test_at_the_edge_exactly_one_of_many_gets_the_last_place(
    direct_url: str, committed: str
) -> None:
    at_once(direct_url, ["gift"] * 9, committed)

    assert sum(at_once(direct_url, ["gift"] * 24, committed)) == 1


def test_any_mix_of_rules_at_once_ends_without_a_deadlock(direct_url: str, committed: str) -> None:
    rules = ["gift", "tip", "unlock", "chat"] * 15

    let_through = at_once(direct_url, rules, committed)

    counts = {
        rule: sum(ok for asked, ok in zip(rules, let_through, strict=True) if asked == rule)
        for rule in rules
    }
    assert counts == {"gift": 10, "tip": 10, "unlock": 10, "chat": 15}


# What it costs to keep


def test_most_updates_touch_no_index(direct_url: str, committed: str) -> None:
    """Heap-only updates; a page that is full, or midnight, may cost one that is not."""
    with psycopg.connect(direct_url, autocommit=True) as owner:
        owner.execute("select pg_stat_force_next_flush()")
        before = updates(owner)
        for _ in range(30):
            owner.execute("select from private.take_rate('chat', %s)", (committed,))
        owner.execute("select pg_stat_force_next_flush()")
        total, heap_only = (
            after - past for after, past in zip(updates(owner), before, strict=True)
        )

    assert total == 29
    assert heap_only >= 25


def updates(owner: Connection) -> tuple[int, int]:
    row = owner.execute(
        """
        select n_tup_upd, n_tup_hot_upd
        from pg_stat_user_tables
        where relid = 'private.rate_usage'::regclass
        """
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def test_the_nightly_purge_reads_along_an_index(database: Connection) -> None:
    database.execute("set local enable_seqscan = off")
    plan = database.execute(
        """
        explain
        select rule, subject
        from private.rate_usage
        where used_on < current_date - 1
        order by used_on
        limit 100
        for update skip locked
        """
    ).fetchall()

    assert "rate_usage_age" in str(plan)
