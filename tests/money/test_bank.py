"""Invariant 10: whatever is killed between two steps, a payment happens once or not at all."""

import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lambda_pool import Query
from limelight.money import queries
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import PROJECT, State
from local.services.pgbouncer import MISSING, find_pgbouncer
from tests.faults.database import Database
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy, says
from tests.faults.sandbox import environment
from tests.money.client import Row
from tests.money.tellers.town import Town, found
from tests.money.world import violations

TELLERS = 3
SECONDS = 15.0
PEOPLE = 5
MAYBE_NOTHING = {"purchase_refund", "purchase_dispute"}
"""What takes back coins that are spent moves none: it leaves a debt."""
TRANSFER = {"show_ticket": "escrow_deposit"}
"""What a transfer is called when its operation is called otherwise."""
NO_TRANSFER = {
    *("open_purchase", "ignore_event", "call_request"),
    *("call_reject", "call_cancel", "call_end", "show_cancel", "show_end"),
}
CHECKOUTS = {"open_purchase", "attach_checkout"}
"""What is remembered with the purchase, not among the keys."""
ID: dict[str, Callable[[Row], str]] = {
    "call_request": lambda told: told["call"]["id"],
    "call_reject": lambda told: told["id"],
    "call_cancel": lambda told: told["id"],
    "call_end": lambda told: told["id"],
    "show_ticket": lambda told: told["ticket"]["id"],
    "show_cancel": lambda told: told["show_id"],
    "show_end": lambda told: told["show_id"],
}
"""Where the answer to an operation says what was made or closed by it."""


class Bank:
    """A durable cluster behind a pooler behind a proxy: each may fail."""

    def __init__(self, database: Database, pooler: Pooler, proxy: Proxy) -> None:
        self.database = database
        self._pooler = pooler
        self._proxy = proxy
        self.conninfo = pooler.conninfo(proxy.port, tls=False)

        self.failures = [
            self.reset_connections,
            self.lose_an_answer,
            self.lose_a_request,
            self.drop_sockets,
            self.terminate_backends,
            self.restart_pooler,
        ]
        """What breaks all the time, beside the crashes."""

    def rounds(self, dice: random.Random) -> Iterator[Callable[[], None]]:
        """Every failure once, then every one once more in another order, and so on."""
        while True:
            yield from dice.sample(self.failures, len(self.failures))

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
        """PostgreSQL is stopped in immediate mode and recovers."""
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
        town = found(owner, PEOPLE)

    broken = run_the_bank(bank, town, seed, tmp_path)

    told = [[json.loads(line) for line in open_lines(path)] for path in tmp_path.glob("teller-*")]
    outcomes = [line for lines in told for line in lines if "outcome" in line]
    assert all(len(lines) == 2 * len([one for one in lines if "intent" in one]) for lines in told)
    lost = sum(one["unknown"] for one in outcomes)
    print(broken, Counter((one["operation"], one["outcome"]) for one in outcomes), lost)
    assert lost > 0, "nothing broke in time to be noticed"
    assert broken.keys() == {one.__name__ for one in (*bank.failures, bank.crash)}
    assert violations(bank.database) == []
    moved_exactly_what_was_answered(bank, outcomes)
    did_exactly_what_was_answered(bank, outcomes)
    stored_answers_are_the_answers(bank, outcomes)
    assert door() - {one["query"] for one in outcomes if one["outcome"] == "done"} == set()


def run_the_bank(bank: Bank, town: Town, seed: int, directory: Path) -> Counter[str]:
    """Has the tellers work while things break; answers what broke how often."""
    dice = random.Random(seed)  # noqa: S311
    broken: Counter[str] = Counter()
    tellers = [
        start_teller(bank, town, seed, number, directory / f"teller-{number}")
        for number in range(TELLERS)
    ]
    ends = time.monotonic() + SECONDS
    crashes = [ends - SECONDS * share for share in (0.65, 0.3)]
    rounds = bank.rounds(dice)
    suspend = (
        "update public.users set status = 'suspended', suspended_at = now() where id = any (%s)"
    )
    while time.monotonic() < ends:
        time.sleep(dice.uniform(0.1, 0.5))
        fail = next(rounds)
        if crashes and time.monotonic() > crashes[0]:
            crashes.pop(0)
            fail = bank.crash
            bank.database.owner(suspend, town.doomed)
        fail()
        broken[fail.__name__] += 1
    for teller in tellers:
        assert teller.wait(60) == 0, "a teller gave up"
    return broken


def start_teller(
    bank: Bank, town: Town, seed: int, number: int, path: Path
) -> subprocess.Popen[bytes]:
    told = {
        "conninfo": bank.conninfo,
        "seed": seed + number,
        "name": f"teller-{number}",
        "seconds": SECONDS,
        "town": town.told(),
    }
    with path.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.money.teller"],
            stdout=file,
            cwd=PROJECT,
            env=environment() | {"TELLER": json.dumps(told)},
        )


def moved_exactly_what_was_answered(bank: Bank, outcomes: list[Row]) -> None:
    """Each key that was answered has its one transfer, and there is no other.

    What a call or a show moves when it is closed goes by its own key, for whoever closes it.
    """
    transfers = Counter(
        (row["operation"], row["idempotency_key"])
        for row in bank.database.owner(
            """
            select operation, idempotency_key
            from public.transfers
            where operation <> 'debt_collection'
              and idempotency_key !~ '^(call|show)/'
            """
        )
    )
    done = {
        (TRANSFER.get(one["operation"], one["operation"]), one["key"])
        for one in outcomes
        if one["outcome"] == "done" and one["key"] and one["operation"] not in NO_TRANSFER
    }
    assert set(transfers.values()) == {1}
    assert transfers.keys() <= done
    assert {operation for operation, _ in done - transfers.keys()} <= MAYBE_NOTHING


def did_exactly_what_was_answered(bank: Bank, outcomes: list[Row]) -> None:
    """Every call and every ticket is one that somebody was told of, and so is who closed what."""
    answers: dict[str, set[str]] = defaultdict(set)
    for one in outcomes:
        if one["operation"] in ID and "response" in one["answer"]:
            answers[one["operation"]].add(ID[one["operation"]](one["answer"]["response"]))

    assert ids(bank, "select id from public.calls") == answers["call_request"]
    assert ids(bank, "select id from public.show_tickets") == answers["show_ticket"]
    for reason in ("reject", "cancel", "end"):
        closed = ids(bank, "select id from public.calls where end_reason = %s", reason)
        assert closed <= answers[f"call_{reason}"], reason
    cancelled = ids(bank, "select id from public.shows where cancel_reason = 'cancel'")
    assert cancelled <= answers["show_cancel"]
    assert ids(bank, "select id from public.shows where status = 'ended'") == answers["show_end"]


def ids(bank: Bank, statement: str, *params: object) -> set[str]:
    return {str(row["id"]) for row in bank.database.owner(statement, *params)}


def stored_answers_are_the_answers(bank: Bank, outcomes: list[Row]) -> None:
    """What a client was told is what the ledger remembers under its key."""
    stored: dict[tuple[str, str], Any] = {
        (row["operation"], row["key"]): row["response"]
        for row in bank.database.owner("select * from ledger.idempotency_keys")
    }
    told = {
        (one["operation"], one["key"]): one["answer"]["response"]
        for one in outcomes
        if "response" in one["answer"] and one["operation"] not in CHECKOUTS
    }
    assert told == stored


def door() -> set[str]:
    """Every statement of the ledger's door: none is left out when things break."""
    statements = {one.name for one in vars(queries).values() if isinstance(one, Query)}
    return statements - {queries.TAKE_TIME.name}  # said before RECONCILE, and answers nothing


def open_lines(path: Path) -> list[str]:
    return path.read_text().splitlines()
