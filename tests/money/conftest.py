"""A real PostgreSQL behind a real PgBouncer for the ledger alone."""

import os
import random
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest

from lambda_pool import Pool
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.faults.database import Database
from tests.faults.pooler import SERVER_CONNECTIONS, Pooler
from tests.money import client
from tests.money.calling import Clock, take_calls
from tests.money.racing import Fund, NewHold, new_key
from tests.money.world import Cast, Owner, cast, violations

SEED = "LIMELIGHT_SEED"
CONNECTIONS = 12


@pytest.fixture
def seed() -> int:
    """The seed of this run: LIMELIGHT_SEED, to repeat one, else a new one. Shown on failure."""
    chosen = int(os.environ.get(SEED) or random.SystemRandom().randrange(2**32))
    print(f"{SEED}={chosen}")
    return chosen


@pytest.fixture(scope="session")
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Supervisor, State]]:
    state = State(tmp_path_factory.mktemp("money"))
    with Supervisor(state) as running:
        yield running, state


@pytest.fixture(scope="session")
def database(supervisor: tuple[Supervisor, State]) -> Database:
    if find_pgbouncer() is None:
        pytest.skip(MISSING)
    return Database(*supervisor, Ports.free().postgres)


@pytest.fixture(scope="session")
def pooler(supervisor: tuple[Supervisor, State], database: Database) -> Iterator[Pooler]:
    running = Pooler(*supervisor, database.server, Ports.free().pooler)
    with running.setting("default_pool_size", CONNECTIONS, SERVER_CONNECTIONS):
        yield running


@pytest.fixture(scope="session")
def owner(database: Database) -> Iterator[Owner]:
    """The database as its owner sees it."""
    with database.connection() as connection:
        yield connection


@pytest.fixture(scope="session")
def pool(pooler: Pooler) -> Iterator[Pool]:
    """A pool as a function has it, with a connection for every thread of a test."""
    pool = Pool(lambda _: pooler.conninfo(), max_size=CONNECTIONS)
    yield pool
    pool.close()


@pytest.fixture(autouse=True)
def sound_ledger(request: pytest.FixtureRequest) -> Iterator[None]:
    """After every test, every invariant of the ledger holds, and nothing costs a fee."""
    yield
    if "owner" in request.fixturenames:
        owner: Owner = request.getfixturevalue("owner")
        owner.execute("delete from ledger.fee_rates")
        assert violations(owner) == []


# Calls


@pytest.fixture
def clock(owner: Owner) -> Iterator[Clock]:
    """The server's clock, standing still."""
    clock = Clock(owner)
    yield clock
    clock.release()


@pytest.fixture
def creator(owner: Owner, host: UUID) -> UUID:
    """Takes calls at 10 a minute, and 5 minutes at least."""
    take_calls(owner, host)
    return host


# People


@pytest.fixture
def everyone(owner: Owner) -> Cast:
    return cast(owner, 4)


@pytest.fixture
def fund(pool: Pool, everyone: Cast) -> Fund:
    def give(person: UUID, coins: int) -> None:
        client.make(pool, client.adjust(everyone.admin, person, coins, new_key()))

    return give


@pytest.fixture
def fan(everyone: Cast) -> UUID:
    return everyone.people[0]


@pytest.fixture
def host(everyone: Cast) -> UUID:
    return everyone.people[1]


@pytest.fixture
def stage(everyone: Cast) -> UUID:
    """The host's stream."""
    return everyone.streams[1]


@pytest.fixture
def new_hold(pool: Pool, fan: UUID) -> NewHold:
    def hold(amount: int, *, of: UUID = fan, lifetime: str = "1 hour") -> UUID:
        held: UUID = client.make(pool, client.authorise(of, amount, uuid4(), lifetime=lifetime))[
            "hold"
        ]
        return held

    return hold


@pytest.fixture
def a_fee(owner: Owner) -> None:
    """The platform takes a fifth of every gift, tip and ticket."""
    owner.execute(
        "insert into ledger.fee_rates select unnest(array['gift', 'tip', 'stream_ticket']), 2000"
    )


@pytest.fixture
def deadlocks(owner: Owner) -> Callable[[], int]:
    """How often PostgreSQL had to break a circle of waiting transactions since the test began."""

    def count() -> int:
        row = owner.execute(
            "select deadlocks from pg_stat_database where datname = current_database()"
        ).fetchone()
        assert row is not None
        seen: int = row["deadlocks"]
        return seen

    before = count()
    return lambda: count() - before
