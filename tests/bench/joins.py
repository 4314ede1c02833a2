"""Joins: a storm of viewers on one stream, beside the same storm on several."""

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.bench.harness import Report, Row, Target, medians
from tests.faults.database import Database
from tests.faults.pooler import SERVER_CONNECTIONS, Pooler
from tests.faults.sandbox import Process, environment
from tests.money.world import person, stream

SANDBOXES: Final = 4
VIEWERS: Final = 4_000
HOSTS: Final = 100
ROUNDS: Final = 5
A_SECOND: Final = 1_000
"""Joins a second on one stream: the product's target."""
LEAST_RATIO: Final = 0.8

AUDIENCE: Final = """
insert into auth.users (id, email, raw_user_meta_data)
select
  gen_random_uuid(),
  format('viewer_%%s@example.com', n),
  jsonb_build_object('username', format('viewer_%%s', n))
from generate_series(1, %s) n
returning id
"""
CLOSE: Final = """
select private.end_streams(array(select id from public.streams where status = 'live'))
"""
RECOUNT: Final = "select private.sweep_streams(%s)"
WRONG: Final = """
select count(*) as wrong
from public.stream_stats f
cross join lateral (
  select count(*) as viewers
  from public.stream_viewers v
  where v.stream_id = f.stream_id
) c
where f.is_live
  and (f.current_viewers, f.peak_viewers, f.total_views) <> (c.viewers, c.viewers, c.viewers)
"""


class Storm:
    """Viewers who all join within a second or two, through sandboxes of a connection each."""

    def __init__(self, stack: ExitStack, database: Database, conninfo: str) -> None:
        self._database = database
        with database.connection() as owner:
            self._hosts = [person(owner) for _ in range(HOSTS)]
            rows = owner.execute(AUDIENCE.encode(), (VIEWERS,)).fetchall()
        viewers = [str(row["id"]) for row in rows]
        self._shares = [viewers[number::SANDBOXES] for number in range(SANDBOXES)]
        self._threads = stack.enter_context(ThreadPoolExecutor(SANDBOXES))
        variables = environment() | {"BENCH_CONNINFO": conninfo}
        self._processes = [
            stack.enter_context(Process("tests.bench.joiner", variables)) for _ in range(SANDBOXES)
        ]
        self.wrong = 0

    def on_one_stream(self) -> float:
        """Microseconds a join, when all join one stream."""
        return self._break_out([self._open(self._hosts[:1])] * SANDBOXES)

    def on_streams_of_their_own(self) -> float:
        """Microseconds a join, when no two sandboxes meet on a stream."""
        return self._break_out([[one] for one in self._open(self._hosts[:SANDBOXES])])

    def over_many_streams(self) -> float:
        """Microseconds a join, when every sandbox spreads its joins over all streams."""
        return self._break_out([self._open(self._hosts)] * SANDBOXES)

    def _break_out(self, streams: list[list[str]]) -> float:
        def join(number: int) -> int:
            sandbox, viewers = self._processes[number], self._shares[number]
            return int(sandbox.ask("join", viewers, streams[number])["done"])

        began = time.perf_counter()
        joined = sum(self._threads.map(join, range(SANDBOXES)))
        took = time.perf_counter() - began
        self._check()
        return took * 1_000_000 / joined

    def _open(self, hosts: list[UUID]) -> list[str]:
        with self._database.connection() as owner:
            owner.execute(CLOSE.encode())
            return [str(stream(owner, host)) for host in hosts]

    def _check(self) -> None:
        """After the job's next recount every figure must be right."""
        self._database.owner(RECOUNT, VIEWERS)
        (row,) = self._database.owner(WRONG)
        self.wrong += row["wrong"]


def run(report: Report) -> None:
    """Every row about joins."""
    if find_pgbouncer() is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)  # the servers may be another user
        with _services(State(root)) as (database, pooler), ExitStack() as stack:
            storm = Storm(stack, database, pooler.conninfo(tls=False))
            with report.measuring(f"storms of {VIEWERS:,} joins"):
                _throughput(report, storm)


def _throughput(report: Report, storm: Storm) -> None:
    many, own = f"over {HOSTS} streams", "on a stream for each"
    took = medians(
        {
            "one": storm.on_one_stream,
            many: storm.over_many_streams,
            own: storm.on_streams_of_their_own,
        },
        ROUNDS,
    )
    name = f"a join on one stream, {SANDBOXES} at a time"
    for reference in (many, own):
        least = Target(took[reference] / LEAST_RATIO, f"≥ {LEAST_RATIO}×")
        report.add(Row(name, took["one"], "µs", reference, took[reference], least))
    enough = Target(1_000_000 / A_SECOND, f"≥ {A_SECOND:,} a second")
    report.add(Row(name, took["one"], "µs", target=enough))
    exact = Target(0, "none")
    report.add(Row("streams miscounted after the storms", storm.wrong, "streams", target=exact))


@contextmanager
def _services(state: State) -> Iterator[tuple[Database, Pooler]]:
    ports = Ports.free()
    with Supervisor(state) as supervisor:
        database = Database(supervisor, state, ports.postgres)
        pooler = Pooler(supervisor, state, database.server, ports.pooler)
        with pooler.setting("default_pool_size", SANDBOXES, SERVER_CONNECTIONS):
            yield database, pooler
