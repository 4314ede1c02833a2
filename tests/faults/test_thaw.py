"""The first request after a freeze succeeds, whatever died meanwhile."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.faults.sandbox import Sandbox

IDLE_SECONDS = 0.4
LONGER = 0.5
SHORTER = 0.05

type Break = Callable[[Pooler, Database], object]

DEATHS: dict[str, Break] = {
    "the pooler was restarted": lambda pooler, _: pooler.restart(),
    "the pooler dropped every socket": lambda pooler, _: pooler.kill_sockets(),
    "the database ended every backend": lambda _, database: database.terminate_backends(),
}

every_death = pytest.mark.parametrize("death", DEATHS.values(), ids=DEATHS.keys())
every_number = pytest.mark.parametrize("connections", [1, 2, 3])


@pytest.fixture(scope="module")
def sandbox(pooler: Pooler) -> Iterator[Sandbox]:
    with Sandbox(pooler.conninfo(), max_idle=IDLE_SECONDS) as process:
        yield process


@pytest.fixture
def patient_sandbox(pooler: Pooler, proxy: Proxy) -> Iterator[Sandbox]:
    """One that keeps connections for longer than any freeze here, by way of the proxy."""
    with Sandbox(pooler.conninfo(proxy.port), max_idle=20) as process:
        yield process


@every_number
@every_death
def test_a_freeze_past_the_idle_limit_costs_no_request(
    sandbox: Sandbox, pooler: Pooler, database: Database, connections: int, death: Break
) -> None:
    assert sandbox.ask("warm", connections) == {"idle": connections}

    with sandbox.frozen():
        death(pooler, database)
        time.sleep(LONGER)

    assert sandbox.ask("request")["answer"] == 42


@every_number
@every_death
def test_a_short_freeze_costs_no_request_either(
    sandbox: Sandbox, pooler: Pooler, database: Database, connections: int, death: Break
) -> None:
    sandbox.ask("warm", connections)

    with sandbox.frozen():
        death(pooler, database)
        time.sleep(SHORTER)

    assert sandbox.ask("request")["answer"] == 42


@pytest.mark.parametrize("freeze", [SHORTER, LONGER], ids=["short", "long"])
@pytest.mark.parametrize("action", ["write", "transaction"])
@every_death
def test_a_write_that_may_not_be_asked_twice_is_done_once(
    sandbox: Sandbox, pooler: Pooler, database: Database, death: Break, action: str, freeze: float
) -> None:
    sandbox.ask("warm", 3)
    key = str(uuid4())

    with sandbox.frozen():
        death(pooler, database)
        time.sleep(freeze)

    assert sandbox.ask(action, key) == {"written": 1}
    assert database.entry(key) == [1]


@pytest.mark.parametrize("end", [Proxy.cut, Proxy.close], ids=["reset", "closed"])
def test_a_connection_that_ended_in_the_freeze_is_not_used(
    patient_sandbox: Sandbox, proxy: Proxy, end: Callable[[Proxy], None]
) -> None:
    patient_sandbox.ask("warm", 3)

    with patient_sandbox.frozen():
        end(proxy)

    assert patient_sandbox.ask("request")["answer"] == 42


def test_three_requests_at_once_after_a_thaw_all_succeed(sandbox: Sandbox, pooler: Pooler) -> None:
    sandbox.ask("warm", 3)

    with sandbox.frozen():
        pooler.restart()
        time.sleep(LONGER)

    assert sandbox.ask("burst", 3) == {"answers": [42, 42, 42]}


def test_connections_that_vanished_without_a_word_are_not_trusted_past_the_idle_limit(
    pooler: Pooler, proxy: Proxy
) -> None:
    with Sandbox(pooler.conninfo(proxy.port), max_idle=IDLE_SECONDS) as sandbox:
        sandbox.ask("warm", 3)

        with sandbox.frozen():
            proxy.half_open()
            time.sleep(LONGER)

        assert sandbox.ask("request")["answer"] == 42


def test_a_thawed_sandbox_keeps_connections_that_are_alive_and_fresh(
    patient_sandbox: Sandbox, proxy: Proxy
) -> None:
    patient_sandbox.ask("warm", 1)

    with patient_sandbox.frozen():
        time.sleep(SHORTER)

    patient_sandbox.ask("request")
    assert proxy.connections == 1


def test_the_idle_limit_is_kept_without_any_freeze(sandbox: Sandbox, pooler: Pooler) -> None:
    sandbox.ask("warm", 3)
    before = pooler.logins()

    time.sleep(LONGER)
    sandbox.ask("request")

    assert pooler.logins() == before + 1
    assert pooler.clients() == 1
