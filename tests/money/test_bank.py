"""Invariant 10: whatever is killed between two steps, a payment happens once or not at all."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.pgbouncer import MISSING, find_pgbouncer
from local.ports import Ports
from local.processes import Supervisor
from local.state import PROJECT, State
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy, says
from tests.faults.sandbox import environment
from tests.money.client import Row
from tests.money.world import Cast, cast, new_goal, violations

TELLERS = 3
SECONDS = 15.0
PEOPLE = 5
MAYBE_NOTHING = {"purchase_refund"}
"""A refund of coins that are spent moves none: it leaves a debt."""


class Bank:
    """A durable cluster behind a pooler behind a proxy: each may fail."""

    def __init__(self, database: Database, pooler: Pooler, proxy: Proxy) -> None:
        self.database = database
        self._pooler = pooler
        self._proxy = proxy
        self.conninfo = pooler.conninfo(proxy.port, tls=False)

    def fail(self, dice: random.Random) -> str:
        """Breaks something, and answers what."""
        failures: list[Callable[[], None]] = [
            self.reset_connections,
            self.lose_an_answer,
            self.lose_a_request,
            self.drop_sockets,
            self.terminate_backends,
            self.restart_pooler,
        ]
        chosen = dice.choice(failures)
        chosen()
        return chosen.__name__

    def reset_connections(self) -> None:
        self._proxy.cut()

    def lose_an_answer(self) -> None:
        self._proxy.cut_answer_to(says("ledger."))

    def lose_a_request(self) -> None:
        self._proxy.cut_request(says("ledger."))

    def drop_sockets(self) -> None:
        self._pooler.kill_sockets()

    def terminate_backends(self) -> None:
        self.database.terminate_backends()

    def restart_pooler(self) -> None:
        self._pooler.restart()

    def crash(self) -> None:
        """PostgreSQL is killed and recovers."""
        with self.database.down():
            time.sleep(0.2)


@pytest.fixture
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    if find_pgbouncer() is None:
        pytest.skip(MISSING)
    state = State(tmp_path_factory.mktemp("bank"))
    ports = Ports.free()
    with Supervisor(state) as supervisor:
        database = Database(supervisor, state, ports.postgres, durable=True)
        pooler = Pooler(supervisor, state, database.server, ports.pooler)
        with Proxy(pooler.port) as proxy:
            yield Bank(database, pooler, proxy)


def test_every_payment_happens_once_or_not_at_all_whatever_breaks(
    bank: Bank, seed: int, tmp_path: Path
) -> None:
    with bank.database.connection() as owner:
        people = cast(owner, PEOPLE)
        for host, stage in zip(people.people, people.streams, strict=True):
            new_goal(owner, stage, host, 50)

    broken = run_the_bank(bank, people, seed, tmp_path)

    told = [[json.loads(line) for line in open_lines(path)] for path in tmp_path.glob("teller-*")]
    outcomes = [line for lines in told for line in lines if "outcome" in line]
    assert all(len(lines) == 2 * len([one for one in lines if "intent" in one]) for lines in told)
    lost = sum(one["unknown"] for one in outcomes)
    print(broken, Counter((one["operation"], one["outcome"]) for one in outcomes), lost)
    assert lost > 0, "nothing broke in time to be noticed"
    assert violations(bank.database) == []
    moved_exactly_what_was_answered(bank, outcomes)
    stored_answers_are_the_answers(bank, outcomes)


def run_the_bank(bank: Bank, people: Cast, seed: int, directory: Path) -> Counter[str]:
    """Has the tellers work while things break; answers what broke how often."""
    dice = random.Random(seed)  # noqa: S311
    broken: Counter[str] = Counter()
    tellers = [
        start_teller(bank, people, seed, number, directory / f"teller-{number}")
        for number in range(TELLERS)
    ]
    ends = time.monotonic() + SECONDS
    crashes = [ends - SECONDS * share for share in (0.3, 0.65)]
    while time.monotonic() < ends:
        time.sleep(dice.uniform(0.1, 0.5))
        if crashes and time.monotonic() > crashes[0]:
            crashes.pop(0)
            bank.crash()
            broken["crash"] += 1
        else:
            broken[bank.fail(dice)] += 1
    for teller in tellers:
        assert teller.wait(60) == 0, "a teller gave up"
    return broken


def start_teller(
    bank: Bank, people: Cast, seed: int, number: int, path: Path
) -> subprocess.Popen[bytes]:
    told = {
        "conninfo": bank.conninfo,
        "seed": seed + number,
        "name": f"teller-{number}",
        "seconds": SECONDS,
        "admin": str(people.admin),
        "people": [str(person) for person in people.people],
        "streams": [str(stream) for stream in people.streams],
        "premieres": [str(stream) for stream in people.premieres],
    }
    with path.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.money.teller"],
            stdout=file,
            cwd=PROJECT,
            env=environment() | {"TELLER": json.dumps(told)},
        )


def moved_exactly_what_was_answered(bank: Bank, outcomes: list[Row]) -> None:
    """Each key that was answered has its one transfer, and there is no other."""
    transfers = Counter(
        (row["operation"], row["idempotency_key"])
        for row in bank.database.owner(
            "select operation, idempotency_key from public.transfers"
            " where operation <> 'debt_collection'"
        )
    )
    done = {
        (one["operation"], one["key"]): one["answer"]
        for one in outcomes
        if one["outcome"] == "done" and one["key"] and one["operation"] != "open_purchase"
    }
    assert set(transfers.values()) == {1}
    assert transfers.keys() <= done.keys()
    missing = done.keys() - transfers.keys()
    assert {operation for operation, _ in missing} <= MAYBE_NOTHING


def stored_answers_are_the_answers(bank: Bank, outcomes: list[Row]) -> None:
    """What a client was told is what the ledger remembers under its key."""
    stored: dict[tuple[str, str], Any] = {
        (row["operation"], row["key"]): row["response"]
        for row in bank.database.owner("select * from ledger.idempotency_keys")
    }
    told = {
        (one["operation"], one["key"]): one["answer"]["response"]
        for one in outcomes
        if "response" in one["answer"] and one["operation"] != "open_purchase"
    }
    assert told == stored


def open_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
