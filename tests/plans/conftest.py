"""A whole world in a real PostgreSQL, and the services' queries explained as they run in it."""

import os
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from limelight.data import admin, system, user
from local.gateway.bootstrap import bootstrap
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.seed.fill import fill
from local.seed.target import connect
from local.seed.world import World, this_second
from local.services.backing import AUTHENTICATOR
from local.services.migrate import migrate
from local.services.postgres import start_postgres
from tests.plans import over_rest
from tests.plans.explain import BACKEND, Explained
from tests.plans.over_rest import OverRest
from tests.plans.places import Places

SCALE = "LIMELIGHT_PLAN_SCALE"
AHEAD = timedelta(minutes=15)
"""The world's present is this far ahead: those who watch are not silent while the tests run."""
PASSWORD = "of a server that nobody else can reach"

# The plans are of the database alone; the services want to know where Supabase would be.
os.environ.setdefault("SUPABASE_URL", "http://127.0.0.1:54321")


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The owner's URL of a database with a world in it, a tenth of the whole unless
    LIMELIGHT_PLAN_SCALE says more."""
    state = State(root=tmp_path_factory.mktemp("plans"))
    world = World(seed=1, scale=float(os.environ.get(SCALE) or 0.1), at=this_second() + AHEAD)
    with Supervisor(state) as supervisor:
        server = start_postgres(supervisor, state, Ports.free().postgres, durable=False)
        bootstrap(server.url)
        migrate(server.url)
        with connect(server.url) as owner:
            fill(owner, world)
            owner.execute("select private.refresh_ranks()")
            while owner.execute("select private.total_streams(5000)").fetchall():
                pass
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
        with psycopg.connect(server.url, autocommit=True) as owner:
            # As it is once it has stood for a while, and stays: autovacuum would come in between.
            owner.execute("alter system set autovacuum = off")
            owner.execute("select pg_reload_conf()")
            owner.execute("vacuum (analyze)")
        yield server.url


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
    _have_explained(owner, BACKEND)
    with Explained.connect(seeded, PASSWORD) as connection:
        yield connection


def _have_explained(owner: psycopg.Connection, login: str) -> None:
    """Lets a role log in, and has what it asks explained."""
    role = sql.Identifier(login)
    owner.execute(sql.SQL("alter role {} login password {}").format(role, sql.Literal(PASSWORD)))
    for name, value in Explained.SETTINGS.items():
        setting = sql.SQL(".").join(map(sql.Identifier, name.split(".")))
        owner.execute(
            sql.SQL("alter role {} set {} = {}").format(role, setting, sql.Literal(value))
        )


@pytest.fixture
def explained(backend: Explained, monkeypatch: pytest.MonkeyPatch) -> Explained:
    """Stands in the pool's place: the services ask it."""
    monkeypatch.setattr(system, "pool", backend)
    return backend


@pytest.fixture(scope="session")
def rest(seeded: str, owner: psycopg.Connection) -> Iterator[OverRest]:
    """Supabase's REST API over the world, which it leaves as it was."""
    _have_explained(owner, AUTHENTICATOR)
    with over_rest.serve(make_conninfo(seeded, user=AUTHENTICATOR, password=PASSWORD)) as served:
        yield served


@pytest.fixture
def over_the_world(rest: OverRest, monkeypatch: pytest.MonkeyPatch) -> OverRest:
    """Both doors of REST lead into the world."""
    monkeypatch.setattr(user, "door", rest.door)
    monkeypatch.setattr(admin, "door", rest.admin_door)
    return rest
