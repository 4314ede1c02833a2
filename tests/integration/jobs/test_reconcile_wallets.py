"""Every night: check every invariant of the ledger over every wallet; any drift is an alarm."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import pytest

from functions.jobs import reconcile_wallets as job
from tests.integration.jobs.conftest import Run, done_metric
from tests.integration.people import Fund, Owner, People, Person

DRIFTS: dict[str, tuple[LiteralString, LiteralString]] = {
    "balance = sum of entries": (
        "update public.wallets set balance = balance + 1 where user_id = %s",
        "update public.wallets set balance = balance - 1 where user_id = %s",
    ),
    "held = sum of active holds": (
        "update public.wallets set held_balance = 1 where user_id = %s",
        "update public.wallets set held_balance = 0 where user_id = %s",
    ),
    "every key has its answer": (
        """
        insert into ledger.idempotency_keys (user_id, operation, key, request_hash)
        values (%s, 'gift', 'lost', 'hash')
        """,
        "delete from ledger.idempotency_keys where user_id = %s and key = 'lost'",
    ),
}
"""A statement that breaks each invariant for one person, and the one that mends it."""


@contextmanager
def drift(owner: Owner, person: Person, *statements: LiteralString) -> Iterator[None]:
    """The ledger is broken while the block lasts."""
    damage, repair = statements
    owner.execute(damage, (person.id,))
    try:
        yield
    finally:
        owner.execute(repair, (person.id,))


@pytest.fixture
def rich(owner: Owner, fan: Person, fund: Fund) -> Person:
    """A fan with 100 coins in the wallet's row."""
    fund(fan, 100)
    owner.execute("select ledger.fold(id) from public.wallets where user_id = %s", (fan.id,))
    return fan


def last(people: People) -> dict[str, Any]:
    return people.row("select * from ledger.reconciliations order by id desc limit 1")


def test_a_sound_ledger_is_reconciled_and_counted(
    owner: Owner, people: People, rich: Person, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(job) == 0

    row = last(people)
    assert row["violations"] == []
    counted = people.row(
        """
        select
          (select count(*) from public.wallets) as wallets,
          (select count(*) from public.entries) as entries,
          (select sum(b.balance) from public.balances b) as coins
        """
    )
    assert (row["wallets"], row["entries"], row["coins_in_circulation"]) == (
        counted["wallets"], counted["entries"], counted["coins"],
    )  # fmt: skip
    assert done_metric(capsys.readouterr().out, "reconcile_wallets") == [0]


@pytest.mark.parametrize("invariant", DRIFTS)
def test_drift_is_written_down_and_is_the_alarms_metric(
    owner: Owner, people: People, rich: Person, run: Run, invariant: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    with drift(owner, rich, *DRIFTS[invariant]):
        assert run(job) == 1

    (violation,) = last(people)["violations"]
    assert violation.keys() == {"invariant", "subject", "detail"}
    assert violation["invariant"] == invariant
    assert done_metric(capsys.readouterr().out, "reconcile_wallets") == [1]


def test_each_broken_invariant_counts(owner: Owner, rich: Person, run: Run) -> None:
    held, lost = DRIFTS["held = sum of active holds"], DRIFTS["every key has its answer"]

    with drift(owner, rich, *held), drift(owner, rich, *lost):
        assert run(job) == 2

    assert run(job) == 0
