"""Gifts: by the pool and the function, beside pgbench, cold pairs, and what was done before."""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg

from local.host.ports import LOOPBACK, Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from local.services.postgres import find_installation
from tests.bench.harness import Measured, Report, Row, Target, medians
from tests.faults.database import Database
from tests.faults.pooler import ROLE, SERVER_CONNECTIONS, Pooler
from tests.faults.proxy import Proxy
from tests.faults.sandbox import Process, environment
from tests.money.world import Cast, cast

SENDERS: Final = 4
SECONDS: Final = 1.5
ROUNDS: Final = 5
ONE_WAY_SECONDS: Final = 0.0005
FUNDS: Final = 10_000_000
GIFTS_IN_A_ROW: Final = 300
CHUNK: Final = 1_000_000
FEW_ENTRIES: Final = 10_000
MANY_ENTRIES: Final = int(os.environ.get("LIMELIGHT_BENCH_ENTRIES", "500_000"))
"""The target is meant for ten million, which take minutes to make."""

INTERACTIVE: Final = """
create schema interactive;
create table interactive.wallets (user_id uuid primary key, balance bigint not null);
create table interactive.transactions (
  id bigint generated always as identity primary key,
  user_id uuid not null,
  amount bigint not null,
  kind text not null
);
create table interactive.gifts (
  id bigint generated always as identity primary key,
  sender_id uuid not null,
  host_id uuid not null,
  coins bigint not null
);
create table interactive.messages (like interactive.gifts including all);
create table interactive.outbox (like interactive.gifts including all);
create table interactive.keys (key uuid primary key, response text);
create table interactive.supporters (
  sender_id uuid,
  host_id uuid,
  coins bigint not null,
  primary key (sender_id, host_id)
);
insert into interactive.wallets
select user_id, 10000000
from public.wallets
where user_id is not null;
grant usage on schema interactive to limelight_backend;
grant select, insert, update on all tables in schema interactive to limelight_backend;
"""

HISTORY: Final = """
set session_replication_role = replica;
with w as (
  select array_agg(id order by id) as ids
  from public.wallets
  where user_id is not null
), t as (
  insert into public.transfers
    (operation, actor_id, idempotency_key, subject_type, subject_id, request_id)
  select 'gift', %(actor)s, 'past ' || %(from)s + n, 'stream', gen_random_uuid(), 'q'
  from generate_series(1, %(count)s / 4) n
  returning id
)
insert into public.entries (transfer_id, wallet_id, type, amount)
select t.id, w.ids[1 + floor(random() * cardinality(w.ids))::integer], 'gift', side
from w, t, unnest(array[1, -1, 1, -1]) as side;
set session_replication_role = origin;
"""
"""Entries between random people, written past the ledger's functions: only their number matters."""

SCRIPT: Final = """
\\set key random(1, 9000000000000000000)
select replayed, response
from ledger.gift(
  '{sender}', '{stream}', '00000000-0000-4000-8000-000000000001', 1::integer, :key, 'h', 'q'
);
"""


class Crowd:
    """Sandboxes that gift at the same time, a connection each."""

    def __init__(self, stack: ExitStack, people: Cast, conninfo: str) -> None:
        self._people = people
        self._threads = stack.enter_context(ThreadPoolExecutor(SENDERS))
        self._processes = [
            stack.enter_context(
                Process(
                    "tests.bench.gifter",
                    environment()
                    | {"BENCH_CONNINFO": conninfo, "BENCH_SENDER": str(people.people[number])},
                )
            )
            for number in range(SENDERS)
        ]

    def to_one_host(self) -> float:
        """Microseconds a gift, when all are sent to one creator."""
        return self._gift("call", [str(self._people.streams[-1])] * SENDERS)

    def to_one_goal(self) -> float:
        """Microseconds a gift, when all are sent to one creator, whose stream has a goal."""
        return self._gift("call", [str(self._people.streams[-2])] * SENDERS)

    def to_hosts_of_their_own(self) -> float:
        """Microseconds a gift, when no two senders or creators are the same."""
        return self._gift("call", [str(one) for one in self._people.streams[SENDERS:-2]])

    def interactively(self) -> float:
        """Microseconds a gift to one creator, statement by statement."""
        return self._gift("interactive", [str(self._people.people[-1])] * SENDERS)

    def _gift(self, how: str, receivers: list[str]) -> float:
        def ask(number: int) -> int:
            answer = self._processes[number].ask(how, receivers[number], SECONDS)
            return int(answer["done"])

        return SECONDS * 1_000_000 / sum(self._threads.map(ask, range(SENDERS)))


def run(report: Report) -> None:
    """Every row about money."""
    if find_pgbouncer() is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)  # the servers may be another user
        with _services(State(root)) as (database, pooler):
            people = _settle_in(database)
            with report.measuring("gifts beside pgbench and cold pairs"):
                _throughput(report, pooler, people, root)
            with report.measuring("gifts beside an interactive transaction"):
                _interactive(report, pooler, people)
        with _services(State(_within(root))) as (database, pooler):
            people = _settle_in(database)
            with report.measuring(f"a gift at {MANY_ENTRIES:,} entries"):
                _history(report, database, pooler, people)


@contextmanager
def _services(state: State) -> Iterator[tuple[Database, Pooler]]:
    ports = Ports.free()
    with Supervisor(state) as supervisor:
        database = Database(supervisor, state, ports.postgres)
        pooler = Pooler(supervisor, state, database.server, ports.pooler)
        with pooler.setting("default_pool_size", SENDERS, SERVER_CONNECTIONS):
            yield database, pooler


def _settle_in(database: Database) -> Cast:
    """Rich senders, a creator for each, and two for all, the first of them with a goal."""
    with database.connection() as owner:
        people = cast(owner, 2 * SENDERS + 2)
        owner.execute(
            "select private.create_goal(%s, %s, 'a goal', %s, null)",
            (people.streams[-2], people.people[-2], 2**62),
        )
        for person in people.people:
            owner.execute(
                "select ledger.adjust(%s, %s, %s::bigint, 'bench', %s, 'h', 'q')",
                (people.admin, person, FUNDS, str(person)),
            )
        owner.execute(INTERACTIVE.encode())
    return people


def _throughput(report: Report, pooler: Pooler, people: Cast, directory: Path) -> None:
    with ExitStack() as stack:
        crowd = Crowd(stack, people, pooler.conninfo(tls=False))
        took = medians(
            {
                "distinct pairs": crowd.to_hosts_of_their_own,
                "one creator": crowd.to_one_host,
                "a goal": crowd.to_one_goal,
                "pgbench": _pgbench(pooler, people, directory),
            },
            ROUNDS,
        )
    name = f"a gift, {SENDERS} at a time"
    report.add(_row(name, took["distinct pairs"], "pgbench", took["pgbench"], 0.7))
    hot = f"{name}, to one creator"
    report.add(_row(hot, took["one creator"], "distinct pairs", took["distinct pairs"], 0.9))
    goal = f"{hot} with a goal"
    report.add(_row(goal, took["a goal"], "distinct pairs", took["distinct pairs"], 0.9))
    report.add(_row(goal, took["a goal"], "one creator without", took["one creator"], 0.9))


def _interactive(report: Report, pooler: Pooler, people: Cast) -> None:
    with ExitStack() as stack, Proxy(pooler.port) as proxy:
        proxy.delay_up = proxy.delay_down = ONE_WAY_SECONDS
        crowd = Crowd(stack, people, pooler.conninfo(proxy.port, tls=False))
        took = medians({"ours": crowd.to_one_host, "before": crowd.interactively}, ROUNDS)
    name = f"a gift to one creator, {SENDERS} at a time, 1 ms away"
    report.add(_row(name, took["ours"], "interactive transaction", took["before"], 20))


def _history(report: Report, database: Database, pooler: Pooler, people: Cast) -> None:
    """One sender, one receiver, before and after the ledger has grown."""
    variables = {
        "BENCH_CONNINFO": pooler.conninfo(tls=False),
        "BENCH_SENDER": str(people.people[0]),
    }
    with Process("tests.bench.gifter", environment() | variables) as gifter:

        def median() -> float:
            gifter.ask("once", str(people.streams[-1]), GIFTS_IN_A_ROW)
            answer = gifter.ask("once", str(people.streams[-1]), 3 * GIFTS_IN_A_ROW)
            return float(answer["done"])

        _grow(database, people, 0, FEW_ENTRIES)
        few = median()
        _grow(database, people, FEW_ENTRIES, MANY_ENTRIES)
        many = median()
    name = f"a gift at {MANY_ENTRIES:,} entries"
    target = Target(few * 1.3, "≤ 1.3 times as long")
    report.add(Row(name, many, "µs", f"at {FEW_ENTRIES:,} entries", few, target))


def _grow(database: Database, people: Cast, already: int, entries: int) -> None:
    """Lets the ledger have so many entries."""
    with database.connection() as owner, psycopg.ClientCursor(owner) as cursor:
        for begin in range(already, entries, CHUNK):
            count = min(CHUNK, entries - begin)
            params = {"actor": people.admin, "from": begin, "count": count}
            cursor.execute(HISTORY.encode(), params)
        owner.execute("vacuum analyze public.transfers, public.entries, ledger.pending_credits")
        owner.execute("checkpoint")


def _within(root: Path) -> Path:
    second = root / "history"
    second.mkdir(mode=0o711)
    return second


def _row(name: str, value: float, reference: str, reference_value: float, least: float) -> Row:
    target = Target(reference_value / least, f"≥ {least:g}×")
    return Row(name, value, "µs", reference, reference_value, target)


def _pgbench(pooler: Pooler, people: Cast, directory: Path) -> Measured:
    """The same statement with as many connections through the same pooler, by pgbench."""
    scripts = []
    for number in range(SENDERS):
        script = directory / f"gift-{number}.sql"
        script.write_text(
            SCRIPT.format(sender=people.people[number], stream=people.streams[SENDERS + number])
        )
        scripts += ["-f", str(script)]
    command = [
        *(str(find_installation().bin / "pgbench"), "--no-vacuum", "-M", "extended"),
        *scripts,
        *("-h", LOOPBACK, "-p", str(pooler.port), "-U", ROLE, "-c", str(SENDERS), "-j", "2"),
        *("-T", str(max(round(SECONDS), 1)), "postgres"),
    ]
    variables = os.environ | {"PGPASSWORD": pooler.password, "PGSSLMODE": "disable"}

    def measure() -> float:
        said = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        found = re.search(r"tps = ([\d.]+)", said.stdout)
        assert found is not None, said.stdout
        return 1_000_000 / float(found[1])

    return measure
