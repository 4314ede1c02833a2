"""A PostgreSQL of each kind that this machine has, one per test session."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.postgres import BIN_VARIABLE, Server, start_postgres

OLDEST_BIN = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = State(root=tmp_path_factory.mktemp("embedded"))
    with Supervisor(state) as supervisor:
        yield start_postgres(supervisor, state, Ports.free().postgres, durable=False)


@pytest.fixture(scope="session")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not OLDEST_BIN.exists():
        pytest.skip("PostgreSQL 15 is not installed here")
    state = State(root=tmp_path_factory.mktemp("oldest"))
    with Supervisor(state) as supervisor:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(BIN_VARIABLE, str(OLDEST_BIN))
            server = start_postgres(supervisor, state, Ports.free().postgres, durable=False)
        yield server


@pytest.fixture(params=["embedded", "oldest"])
def server(request: pytest.FixtureRequest) -> Server:
    """The newest PostgreSQL we run on, then the oldest."""
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def empty_database(server: Server, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of the test's own."""
    name = sql.Identifier(f"test_{abs(hash(request.node.nodeid)):x}")
    with psycopg.connect(server.url, autocommit=True) as owner:
        owner.execute(sql.SQL("create database {}").format(name))
        yield server.url.replace("/postgres?", f"/{name.as_string().strip('"')}?")
        owner.execute(sql.SQL("drop database {} with (force)").format(name))
