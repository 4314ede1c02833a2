"""A whole world in a real PostgreSQL, and the services' queries explained as they run in it."""

import os
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from limelight.data import system
from local.gateway.bootstrap import bootstrap
from local.migrate import migrate
from local.ports import Ports
from local.postgres import start_postgres
from local.processes import Supervisor
from local.seed.fill import fill
from local.seed.target import connect
from local.seed.world import World, this_second
from local.state import State
from tests.plans.explain import BACKEND, Explained
from tests.plans.over_rest import Machine, OverRest
from tests.plans.places import Places
from tests.plans.served import Served

SCALE = "LIMELIGHT_PLAN_SCALE"
WRITE = "LIMELIGHT_PLAN_WRITE"
AHEAD = timedelta(minutes=15)
"""The world's present is this far ahead: those who watch are not silent while the tests run."""
PASSWORD = "of a server that nobody else can reach"

# The plans are of the database alone; the services want to know where Supabase would be.
os.environ.setdefault("SUPABASE_URL", "http://127.0.0.1:54321")


@pytest.fixture(scope="session")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A real PostgreSQL, and what else is started beside it."""
    state = State(root=tmp_path_factory.mktemp("plans"))
    state.prepare()
    with Supervisor(state) as supervisor:
        server = start_postgres(supervisor, state, Ports.free().postgres, durable=False)
        yield Machine(state, supervisor, server)


@pytest.fixture(scope="session")
def seeded(machine: Machine) -> str:
    """The owner's URL of a database with a world in it, a tenth of the whole unless
    LIMELIGHT_PLAN_SCALE says more."""
    world = World(seed=1, scale=float(os.environ.get(SCALE) or 0.1), at=this_second() + AHEAD)
    url = machine.server.url
    bootstrap(url)
    migrate(url)
    with connect(url) as owner:
        fill(owner, world)
        owner.execute("select private.refresh_ranks()")
        while owner.execute("select private.total_streams(5000)").fetchall():
            pass
        owner.execute("analyze public.creator_ranks, public.streams, public.stream_stats")
        # The host of the small show is in the queue of the job that closes what they have open.
        owner.execute(
            """
            insert into private.shut_out (user_id)
            select s.creator_id
            from public.shows s
            join local_seed.landmark l on l.id = s.id
            where l.name = 'small show'
            """
        )
    return url


@pytest.fixture(scope="session")
def owner(seeded: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(seeded, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def places(owner: psycopg.Connection) -> Places:
    """Where there is most of everything."""
    return Places.of(owner)


@pytest.fixture(scope="session")
def backend(seeded: str, owner: psycopg.Connection) -> Iterator[Explained]:
    """The functions' role, with the settings that it has anywhere and those that explain."""
    role = sql.Identifier(BACKEND)
    owner.execute(sql.SQL("alter role {} login password {}").format(role, sql.Literal(PASSWORD)))
    for name, value in Explained.SETTINGS.items():
        setting = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
        owner.execute(
            sql.SQL("alter role {} set {} = {}").format(role, setting, sql.Literal(value))
        )
    with Explained.connect(seeded, PASSWORD) as connection:
        yield connection


@pytest.fixture(scope="session")
def over_rest(
    machine: Machine, seeded: str, backend: Explained, owner: psycopg.Connection
) -> Iterator[OverRest]:
    """Supabase's REST API over the same world, whose log tells every plan."""
    with OverRest.started(machine, owner, backend.large) as over_rest:
        yield over_rest


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """What the cases were served by; written down at the end where LIMELIGHT_PLAN_WRITE asks."""
    served = Served()
    yield served
    if os.environ.get(WRITE):
        served.write()


@pytest.fixture
def explained(backend: Explained, monkeypatch: pytest.MonkeyPatch) -> Explained:
    """Stands in the pool's place: the services ask it."""
    monkeypatch.setattr(system, "pool", backend)
    return backend
