"""One PostgreSQL and one gateway of each kind for the tests of Auth, keys and Realtime."""

from collections.abc import Iterator

import pytest

from local.gateway.bootstrap import bootstrap
from local.gateway.keys import LocalKeys
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.postgres import Server, start_postgres
from tests.gateway.harness import Served, serve


@pytest.fixture(scope="session")
def gateway_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = State(root=tmp_path_factory.mktemp("gateway"))
    with Supervisor(state) as supervisor:
        yield start_postgres(supervisor, state, Ports.free().postgres, durable=False)


@pytest.fixture(scope="session")
def project_url(gateway_postgres: Server) -> str:
    """A bootstrapped database, as its owner."""
    assert bootstrap(gateway_postgres.url) == []
    return gateway_postgres.url


@pytest.fixture(scope="session")
def project_keys() -> LocalKeys:
    return LocalKeys.create()


@pytest.fixture(scope="session")
def gateway(project_url: str, project_keys: LocalKeys) -> Iterator[Served]:
    """Accounts are confirmed at sign-up, as on the Supabase CLI's local stack."""
    with serve(project_url, project_keys) as served:
        yield served


@pytest.fixture(scope="session")
def mailing_gateway(project_url: str, project_keys: LocalKeys) -> Iterator[Served]:
    """Over the same database, but accounts must be confirmed by mail, as hosted by default."""
    with serve(project_url, project_keys, autoconfirm=False) as served:
        yield served
