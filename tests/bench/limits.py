"""What counting a request costs: beside the gift it goes before, refused, and in memory."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from lambda_pool import Pool, deadline
from limelight.http.windows import Windows
from limelight.limits.queries import TAKE
from limelight.money.queries import GIFT
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.bench.harness import Measured, Report, Row, Target, medians, microseconds_each
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.money.world import Cast, cast

ROUNDS, TIMES = 15, 200
DISTANT_ROUNDS, DISTANT_TIMES = 7, 20
ONE_WAY_SECONDS: Final = 0.0005
SECONDS: Final = 30.0
FUNDS: Final = 10_000_000
SUBJECTS: Final = 100
ROSE: Final = UUID("00000000-0000-4000-8000-000000000001")

RULES: Final = """
insert into private.rate_limits (rule, window_seconds, max_requests)
values ('bench', 1, 60), ('bench', 2, 60), ('bench_full', 60, 10), ('bench_full', 86400, 60);
"""
"""One with two windows that lets everybody through, whose rows hold up to 60 moments, as a gift's
do; and one that is soon used up."""


class Client:
    """A warm sandbox that counts, and gives."""

    def __init__(self, pool: Pool, people: Cast) -> None:
        self._pool = pool
        self._people = people
        self._numbers = count()

    def take(self) -> None:
        """Counts a request of somebody who is let through."""
        self._ask(rule="bench", subject=f"{next(self._numbers) % SUBJECTS:036}")

    def refuse(self) -> None:
        """Counts a request of somebody who is not."""
        self._ask(rule="bench_full", subject=f"{0:036}")

    def give(self) -> None:
        """Sends a gift, uncounted."""
        with deadline(SECONDS):
            self._pool.fetch_one(
                GIFT,
                {
                    "sender_id": self._people.people[0],
                    "stream_id": self._people.streams[1],
                    "gift_id": ROSE,
                    "quantity": 1,
                    "key": str(uuid4()),
                    "payload_hash": "h",
                    "request_id": "q",
                },
            )

    def take_and_give(self) -> None:
        """What the endpoint does."""
        self.take()
        self.give()

    def _ask(self, **params: str) -> None:
        with deadline(SECONDS):
            self._pool.fetch_all(TAKE, params)


def run(report: Report) -> None:
    """Every row about rate limits."""
    if find_pgbouncer() is None:
        raise SystemExit(MISSING)
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)  # the servers may be another user
        with _services(State(root)) as (database, pooler):
            people = _settle_in(database)
            with report.measuring("counting a request beside a gift"):
                _beside_a_gift(report, pooler, people)
            with report.measuring("a counted gift, 1 ms away"):
                _distant(report, pooler, people)


@contextmanager
def _services(state: State) -> Iterator[tuple[Database, Pooler]]:
    ports = Ports.free()
    with Supervisor(state) as supervisor:
        database = Database(supervisor, state, ports.postgres, durable=True)
        yield database, Pooler(supervisor, state, database.server, ports.pooler)


def _settle_in(database: Database) -> Cast:
    with database.connection() as owner:
        people = cast(owner, 2)
        owner.execute(
            "select ledger.adjust(%s, %s, %s::bigint, 'bench', 'k', 'h', 'q')",
            (people.admin, people.people[0], FUNDS),
        )
        owner.execute(RULES.encode())
    return people


def _beside_a_gift(report: Report, pooler: Pooler, people: Cast) -> None:
    memory = Windows()
    with closing(Pool(lambda _: pooler.conninfo(tls=False), max_size=1)) as pool:
        client = Client(pool, people)
        took = medians(
            {
                "taken": _each(client.take, TIMES),
                "refused": _each(client.refuse, TIMES),
                "gift": _each(client.give, TIMES),
                "in memory": _each(lambda: memory.take("ann", 1_000_000), TIMES),
            },
            ROUNDS,
        )
    most = Target(took["gift"] * 0.5, "≤ 0.5 of a gift")
    report.add(Row("counting a request", took["taken"], "µs", "a gift", took["gift"], most))
    report.add(Row("refusing a request", took["refused"], "µs", "a gift", took["gift"], most))
    report.add(Row("counting in memory", took["in memory"], "µs", "by the database", took["taken"]))


def _distant(report: Report, pooler: Pooler, people: Cast) -> None:
    """Where the round trip is what counts."""
    with Proxy(pooler.port) as proxy:
        proxy.delay_up = proxy.delay_down = ONE_WAY_SECONDS
        conninfo = pooler.conninfo(proxy.port, tls=False)
        with closing(Pool(lambda _: conninfo, max_size=1)) as pool:
            client = Client(pool, people)
            took = medians(
                {
                    "counted": _each(client.take_and_give, DISTANT_TIMES),
                    "uncounted": _each(client.give, DISTANT_TIMES),
                },
                DISTANT_ROUNDS,
            )
    most = Target(took["uncounted"] * 2, "≤ 2 times as long")
    name = "a counted gift, 1 ms away"
    report.add(Row(name, took["counted"], "µs", "uncounted", took["uncounted"], most))


def _each(action: Callable[[], object], times: int) -> Measured:
    return lambda: microseconds_each(action, times)
