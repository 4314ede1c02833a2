"""A creator's analytics: one with a million gifts and ten thousand streams, beside one with few."""

import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from lambda_pool import Pool, deadline
from limelight.analytics import queries, service
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.bench.harness import Report, Row, Target, milliseconds
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.money.world import person

ROUNDS: Final = 200
SECONDS: Final = 30.0
CHUNK: Final = 250_000
GIFTS: Final = int(os.environ.get("LIMELIGHT_BENCH_GIFTS", "1_000_000"))
PERIODS: Final = {"7 days": 7, "90 days": 90, "all time": None}
"""What the measured requests ask for."""


@dataclass(frozen=True, slots=True)
class Career:
    """So many gifts of so many fans, in so many streams, over the last 120 days; `since` more gifts
    came after the job's last run."""

    gifts: int
    fans: int
    streams: int
    since: int


BUSY: Final = Career(gifts=GIFTS, fans=GIFTS // 10, streams=GIFTS // 100, since=100)
QUIET: Final = Career(gifts=1_000, fans=100, streams=10, since=1)

FANS: Final = """
set session_replication_role = replica;
with fans as (
  insert into public.users (id, email)
  select gen_random_uuid(), 'fan' || n || '@example.com'
  from generate_series(1, %(fans)s) n
  returning id
), profiles as (
  insert into public.profiles (user_id, username, display_name)
  select id, 'f' || substr(replace(id::text, '-', ''), 1, 18), 'Fan'
  from fans
)
insert into public.wallets (user_id)
select id
from fans;
create schema bench;
create table bench.fans as
select row_number() over (order by w.id) - 1 as number, w.id as wallet_id, w.user_id
from public.wallets w
join public.users u on u.id = w.user_id
where u.email like 'fan%%';
alter table bench.fans add primary key (number);
set session_replication_role = origin;
"""
"""Written past the ledger's functions, as all that follows: only their number matters."""

STREAMS: Final = """
set session_replication_role = replica;
with streams as (
  insert into public.streams (
    creator_id, title, category, status, started_at, ended_at, host_seen_at, created_at
  )
  select %(creator)s, 'Piano', 'music', 'ended', b.at, b.at + interval '1 hour', b.at, b.at
  from generate_series(1, %(streams)s) n
  cross join lateral (select now() - interval '120 days' * n / (%(streams)s + 1) as at) b
  returning id
)
insert into public.stream_stats (stream_id, is_live, peak_viewers, total_views)
select id, false, 20, 50
from streams;
set session_replication_role = origin;
"""

GIVEN: Final = """
set session_replication_role = replica;
with wanted as materialized (
  select
    gen_random_uuid() as transfer_id,
    f.user_id,
    f.wallet_id,
    g.id as gift_id,
    g.price,
    now() - interval '120 days' * (%(gifts)s - n) / %(gifts)s as at
  from generate_series(%(from)s + 1, %(upto)s) n
  join bench.fans f on f.number = n::bigint * 7919 %% %(fans)s
  join public.virtual_gifts g on g.id = ('00000000-0000-4000-8000-00000000000' || 1 + n %% 8)::uuid
), transfers as (
  insert into public.transfers (
    id, operation, actor_id, idempotency_key, subject_type, subject_id, request_id, created_at
  )
  select transfer_id, 'gift', user_id, transfer_id::text, 'stream', %(stream)s, 'q', at
  from wanted
), gifts as (
  insert into public.stream_gifts (
    stream_id, sender_id, gift_id, transfer_id, quantity, total_coins, created_at
  )
  select %(stream)s, user_id, gift_id, transfer_id, 1, price, at
  from wanted
)
insert into public.entries (transfer_id, wallet_id, type, amount, created_at)
select w.transfer_id, e.wallet_id, 'gift', e.amount, w.at
from wanted w
cross join lateral (
  values
    (w.wallet_id, -w.price),
    ((select id from public.wallets where user_id = %(creator)s), w.price)
) as e (wallet_id, amount);
set session_replication_role = origin;
"""


def run(report: Report) -> None:
    """Every row about analytics."""
    if find_pgbouncer() is None:
        raise SystemExit(MISSING)
    with _services() as (database, pooler):
        with report.measuring(f"{BUSY.gifts:,} gifts being made"):
            busy, quiet = _history(database)
        with report.measuring(f"the analytics of a creator with {BUSY.gifts:,} gifts"):
            _compare(report, pooler, busy, quiet)


@contextmanager
def _services() -> Iterator[tuple[Database, Pooler]]:
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)  # the servers may be another user
        ports, state = Ports.free(), State(root)
        with Supervisor(state) as supervisor:
            database = Database(supervisor, state, ports.postgres)
            yield database, Pooler(supervisor, state, database.server, ports.pooler)


def _history(database: Database) -> tuple[UUID, UUID]:
    """Both creators, rolled up, and then the gifts since."""
    with database.connection() as owner, psycopg.ClientCursor(owner) as cursor:
        cursor.execute(FANS.encode(), {"fans": BUSY.fans})
        creators = {career: person(owner) for career in (BUSY, QUIET)}
        streams = {}
        for career, creator in creators.items():
            owner.execute("update public.users set role = 'creator' where id = %s", (creator,))
            cursor.execute(STREAMS.encode(), {"creator": creator, "streams": career.streams})
            row = owner.execute(
                "select id from public.streams where creator_id = %s limit 1", (creator,)
            ).fetchone()
            assert row is not None
            streams[career] = row["id"]
            for begin in range(0, career.gifts, CHUNK):
                _give(cursor, career, creator, row["id"], begin, min(begin + CHUNK, career.gifts))
        owner.execute("select private.rebuild_analytics()")
        for career, creator in creators.items():
            upto = career.gifts + career.since
            _give(cursor, career, creator, streams[career], career.gifts, upto)
        owner.execute("vacuum analyze")
        owner.execute("checkpoint")
    return creators[BUSY], creators[QUIET]


def _give(
    cursor: "psycopg.ClientCursor[object]",
    career: Career,
    creator: UUID,
    stream: UUID,
    begin: int,
    upto: int,
) -> None:
    params = {
        "creator": creator,
        "stream": stream,
        "gifts": career.gifts + career.since,
        "fans": career.fans,
        "from": begin,
        "upto": upto,
    }
    cursor.execute(GIVEN.encode(), params)


def _compare(report: Report, pooler: Pooler, busy: UUID, quiet: UUID) -> None:
    pool = Pool(lambda _: pooler.conninfo(tls=False), max_size=1)
    try:
        for period, days in PERIODS.items():
            took: dict[UUID, list[float]] = {busy: [], quiet: []}
            for number in range(ROUNDS + 1):
                for creator in (busy, quiet) if number % 2 else (quiet, busy):
                    took[creator].append(milliseconds(lambda: _ask(pool, creator, days)))  # noqa: B023
            ours, reference = (statistics.quantiles(took[one][1:], n=20)[-1] for one in took)
            name = f"analytics of {period}, {BUSY.gifts:,} gifts, {BUSY.streams:,} streams, p95"
            target = Target(reference * 2, "≤ 2 times as long")
            few = f"{QUIET.gifts:,} gifts, {QUIET.streams:,} streams"
            report.add(Row(name, ours, "ms", few, reference, target))
    finally:
        pool.close()


def _ask(pool: Pool, creator: UUID, days: int | None) -> None:
    with deadline(SECONDS):
        row = pool.fetch_one(queries.REPORT, service.parameters(creator, days))
    assert row is not None
    assert row["gifts"] > 0
