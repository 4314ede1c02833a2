"""A real PostgreSQL and a real PgBouncer that may be broken, and pools over them."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from lambda_pool import Pool
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy

type NewPool = Callable[..., Pool]


@pytest.fixture(scope="session")
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Supervisor, State]]:
    state = State(tmp_path_factory.mktemp("faults"))
    with Supervisor(state) as running:
        yield running, state


@pytest.fixture(scope="session")
def ports() -> Ports:
    return Ports.free()


@pytest.fixture(scope="session")
def database(supervisor: tuple[Supervisor, State], ports: Ports) -> Database:
    return Database(*supervisor, ports.postgres)


@pytest.fixture(scope="session")
def pooler(supervisor: tuple[Supervisor, State], ports: Ports, database: Database) -> Pooler:
    if find_pgbouncer() is None:
        pytest.skip(MISSING)
    return Pooler(*supervisor, database.server, ports.pooler)


@pytest.fixture
def proxy(pooler: Pooler) -> Iterator[Proxy]:
    """A proxy between the pool and the pooler."""
    with Proxy(pooler.port) as running:
        yield running


@pytest.fixture
def new_pool() -> Iterator[NewPool]:
    """Makes pools that are closed after the test."""
    with ExitStack() as made:

        def make(conninfo: str | Callable[[bool], str], **options: Any) -> Pool:
            given = conninfo if callable(conninfo) else lambda _: conninfo
            pool = Pool(given, **options)
            made.callback(pool.close)
            return pool

        yield make


@pytest.fixture
def pool(new_pool: NewPool, pooler: Pooler) -> Pool:
    """A pool over the pooler, with TLS, as a function has it."""
    return new_pool(pooler.conninfo())


@pytest.fixture
def watched_pool(new_pool: NewPool, pooler: Pooler, proxy: Proxy) -> Pool:
    """A pool by way of the proxy, without TLS: the proxy reads what is said."""
    return new_pool(pooler.conninfo(proxy.port, tls=False))


@pytest.fixture(autouse=True)
def whole_again(database: Database, pooler: Pooler) -> Iterator[None]:
    """After each test, no server connection is left in the middle of something."""
    yield
    pooler.wait_until_rid_of(database.terminate_backends())
