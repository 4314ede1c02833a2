"""Every minute: close the calls that are past their time, and bill those that were active."""

import psycopg
import pytest

from functions.jobs import expire_calls as job
from functions.jobs import release_expired_holds
from limelight.calls import service
from limelight.data.errors import DataUnavailable
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.jobs.conftest import Run
from tests.integration.people import Fund, Owner, People
from tests.integration.sandbox import outage
from tests.integration.telephone import (
    Telephone,
    callers,
    hold_of,
    take_calls,
    told,
    untouchable,
    wallet,
)

DEADLINES = [
    ("pending", 5, "missed", 0),
    ("accepted", 30, "cancelled", 0),
    ("active", 240, "completed", 240),
]


@pytest.fixture
def clock(nothing_is_due: StoppedClock) -> StoppedClock:
    return nothing_is_due


@pytest.fixture
def cheap(owner: Owner, line: Telephone) -> Telephone:
    """A line that 1000 coins pay for four hours of."""
    take_calls(owner, line.creator, rate=1)
    return line


@pytest.mark.parametrize(("status", "minutes", "became", "charged"), DEADLINES)
def test_a_call_is_closed_at_its_deadline_to_the_second(
    api: Api, owner: Owner, clock: StoppedClock, cheap: Telephone, run: Run, status: str,
    minutes: int, became: str, charged: int,
) -> None:  # fmt: skip
    call = getattr(cheap, status)()
    clock.advance(minutes=minutes, seconds=-1)
    assert run(job) == 0
    assert cheap.get(call)["status"] == status
    due = cheap.get(call)["expiresAt"]
    clock.advance(seconds=1)

    assert [run(job), run(job)] == [1, 0]

    closed = cheap.get(call)
    assert (closed["status"], closed["endReason"], closed["endedBy"]) == (
        became, "expire", "platform",
    )  # fmt: skip
    assert (closed["endedAt"], closed["expiresAt"]) == (due, None)
    assert (closed["billedMinutes"], closed["charged"]) == (charged, charged)
    assert wallet(api, cheap.fan) == (1000 - charged, 0)
    assert hold_of(owner, call)[0] == ("settled" if charged else "released")
    for who in (cheap.fan, cheap.creator):
        assert told(owner, who)[-1]["status"] == became


@pytest.mark.parametrize(("status", "minutes", "became", "charged"), DEADLINES)
def test_a_late_sweep_closes_a_call_as_of_its_deadline_and_bills_no_more(
    api: Api, clock: StoppedClock, cheap: Telephone, run: Run, status: str, minutes: int,
    became: str, charged: int,
) -> None:  # fmt: skip
    call = getattr(cheap, status)()
    due = cheap.get(call)["expiresAt"]
    clock.advance(minutes=minutes + 17)

    assert run(job) == 1

    closed = cheap.get(call)
    assert (closed["status"], closed["endedAt"], closed["charged"]) == (became, due, charged)
    assert wallet(api, cheap.fan) == (1000 - charged, 0)


def test_each_step_gives_a_call_the_time_of_its_new_status(
    clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.pending()
    clock.advance(minutes=4, seconds=59)
    line.act(call, "accept", line.creator)
    clock.advance(minutes=29, seconds=59)
    assert run(job) == 0
    for who in (line.fan, line.creator):
        line.act(call, "start", who)
    clock.advance(minutes=239, seconds=59)

    assert run(job) == 0
    assert line.get(call)["status"] == "active"


def test_the_sweep_of_holds_never_takes_the_hold_of_an_open_call(
    owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.pending()
    clock.advance(minutes=5, seconds=-1)
    assert run(release_expired_holds) == 0
    line.act(call, "accept", line.creator)
    clock.advance(minutes=30, seconds=-1)
    assert run(release_expired_holds) == 0
    for who in (line.fan, line.creator):
        line.act(call, "start", who)
    clock.advance(minutes=240, seconds=-1)

    assert run(release_expired_holds) == 0
    assert hold_of(owner, call)[0] == "active"


def test_coins_are_not_frozen_for_ever_even_when_nothing_sweeps_calls(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.pending()
    clock.advance(hours=24)

    assert run(release_expired_holds) == 1
    assert wallet(api, line.fan) == (1000, 0)

    assert run(job) == 1
    assert line.get(call)["status"] == "missed"


def test_closed_calls_are_left_alone(clock: StoppedClock, line: Telephone, run: Run) -> None:
    line.act(line.active(), "end", line.fan)
    line.act(line.pending(), "reject", line.creator)
    clock.advance(hours=5)

    assert run(job) == 0


def test_one_run_closes_no_more_than_its_batch_longest_overdue_first(
    people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "SWEEP_BATCH", 2)
    each = callers(people, line, fund, 3)
    calls = []
    for one in each:
        calls.append(one.pending())
        clock.advance(seconds=10)
    clock.advance(minutes=5)

    assert run(job) == 2

    shown = [one.get(call)["status"] for one, call in zip(each, calls, strict=True)]
    assert shown == ["missed", "missed", "pending"]
    assert [run(job), run(job)] == [1, 0]


def test_one_call_that_cannot_be_closed_keeps_no_other_waiting(
    owner: Owner, people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run
) -> None:
    each = callers(people, line, fund, 3)
    calls = [one.pending() for one in each]
    clock.advance(minutes=5)

    with untouchable(owner, calls[1]), pytest.raises(ExceptionGroup) as failed:
        run(job)

    assert len(failed.value.exceptions) == 1
    shown = [one.get(call)["status"] for one, call in zip(each, calls, strict=True)]
    assert shown == ["missed", "pending", "missed"]
    assert run(job) == 1


def test_a_call_that_somebody_is_at_is_left_for_the_next_run_without_waiting(
    backing: Backing, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.pending()
    clock.advance(minutes=5)

    with psycopg.connect(backing.direct_url) as somebody:
        somebody.execute("select from public.calls where id = %s for update", (call,))
        assert run(job) == 0

    assert run(job) == 1


def test_a_run_that_finds_no_database_fails_and_loses_nothing(
    backing: Backing, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.pending()
    clock.advance(minutes=5)

    with (
        outage(backing, database=True, supabase=False, keys=False),
        pytest.raises(DataUnavailable),
    ):
        run(job)

    assert run(job) == 1
    assert line.get(call)["status"] == "missed"
