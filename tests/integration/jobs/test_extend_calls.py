"""Every minute: set the next minute of active calls aside, or end those that cannot pay for it."""

from datetime import datetime

import psycopg
import pytest

from functions.jobs import expire_calls, release_expired_holds
from functions.jobs import extend_calls as job
from limelight.calls import service
from limelight.data.errors import DataUnavailable
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.jobs.conftest import Run
from tests.integration.ledger import nothing_moves
from tests.integration.people import Fund, Owner, People, Person
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


@pytest.fixture
def clock(nothing_is_due: StoppedClock) -> StoppedClock:
    return nothing_is_due


def covered(line: Telephone, call: str) -> float:
    """How many minutes of an active call are paid for."""
    shown = line.get(call)
    until, since = (datetime.fromisoformat(shown[name]) for name in ("coveredUntil", "startedAt"))
    return (until - since).total_seconds() / 60


def with_coins(people: People, line: Telephone, fund: Fund, coins: int) -> Telephone:
    """The line of a new fan who has so many coins."""
    fan = people.fan()
    fund(fan, coins)
    return line.of(fan)


# While the fan can pay


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(0, 5), (240, 5), (241, 6), (299, 6), (300, 6), (301, 7)]
)
def test_the_minute_up_to_the_next_run_is_set_aside_before_it_begins(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone, run: Run, seconds: int,
    minutes: int,
) -> None:  # fmt: skip
    call = line.active()
    clock.advance(seconds=seconds)

    assert run(job) == (1 if minutes > 5 else 0)

    assert covered(line, call) == minutes
    assert hold_of(owner, call) == ("active", 10 * minutes, 0)
    assert wallet(api, line.fan) == (1000, 10 * minutes)


def test_a_second_run_in_the_same_minute_finds_nothing(
    owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    line.active()
    clock.advance(seconds=241)
    assert run(job) == 1

    with nothing_moves(owner):
        assert run(job) == 0


def test_a_call_is_covered_minute_by_minute_and_billed_from_its_hold_alone(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.active()
    for _ in range(12):
        clock.advance(minutes=1)
        run(job)
        assert covered(line, call) >= line_minutes(clock, line, call)
    clock.advance(seconds=30)

    bill = line.act(call, "end", line.fan).json

    assert (bill["billedMinutes"], bill["charged"], bill["shortfall"]) == (13, 130, 0)
    assert hold_of(owner, call) == ("settled", 130, 130)
    assert wallet(api, line.fan) == (870, 0)


def line_minutes(clock: StoppedClock, line: Telephone, call: str) -> float:
    since = datetime.fromisoformat(line.get(call)["startedAt"])
    return (clock.now - since).total_seconds() / 60


def test_a_sweep_that_was_away_catches_up(
    owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.active()
    clock.advance(minutes=20)

    assert run(job) == 1

    assert covered(line, call) == 21
    assert hold_of(owner, call) == ("active", 210, 0)


def test_coins_that_came_in_during_the_call_extend_it(
    people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run
) -> None:
    line = with_coins(people, line, fund, 50)
    call = line.active()
    clock.advance(seconds=270)
    assert run(job) == 0
    fund(line.fan, 10)

    assert run(job) == 1

    assert covered(line, call) == 6


def test_an_extended_hold_lives_on_past_every_deadline(
    owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    take_calls(owner, line.creator, rate=1)
    call = line.active()
    clock.advance(minutes=200)
    run(job)
    clock.advance(minutes=40, seconds=-1)

    assert run(release_expired_holds) == 0
    assert hold_of(owner, call)[0] == "active"


def test_nothing_is_set_aside_beyond_the_calls_last_minute(
    owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    take_calls(owner, line.creator, rate=1)
    call = line.active(240)
    clock.advance(minutes=239, seconds=30)

    with nothing_moves(owner):
        assert run(job) == 0
    clock.advance(seconds=30)
    with nothing_moves(owner):
        assert run(job) == 0

    assert run(expire_calls) == 1
    assert line.get(call)["billedMinutes"] == 240


def test_calls_that_are_not_active_are_left_alone(
    owner: Owner, people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run
) -> None:
    one, other = callers(people, line, fund, 2)
    one.pending()
    other.accepted()
    line.act(line.active(), "end", line.fan)
    clock.advance(minutes=4)

    with nothing_moves(owner):
        assert run(job) == 0


# When the fan cannot


@pytest.mark.parametrize("coins", [50, 59])
def test_a_call_ends_when_its_last_paid_minute_is_over_and_not_before(
    api: Api, people: People, owner: Owner, clock: StoppedClock, line: Telephone, fund: Fund,
    run: Run, coins: int,
) -> None:  # fmt: skip
    line = with_coins(people, line, fund, coins)
    call = line.active()
    for seconds in (241, 58):
        clock.advance(seconds=seconds)
        with nothing_moves(owner):
            assert run(job) == 0
    clock.advance(seconds=1)

    assert run(job) == 1

    ended = line.get(call)
    assert (ended["status"], ended["endReason"], ended["endedBy"]) == (
        "completed", "run_out", "platform",
    )  # fmt: skip
    assert (ended["billedMinutes"], ended["charged"], ended["shortfall"]) == (5, 50, 0)
    assert wallet(api, line.fan) == (coins - 50, 0)
    assert wallet(api, line.creator) == (50, 0)
    for who in (line.fan, line.creator):
        assert told(owner, who)[-1]["endReason"] == "run_out"


def test_a_fan_talks_for_as_many_minutes_as_there_are_coins(
    api: Api, people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run
) -> None:
    line = with_coins(people, line, fund, 87)
    call = line.active()
    for _ in range(8):
        assert line.get(call)["status"] == "active"
        clock.advance(minutes=1)
        run(job)

    ended = line.get(call)
    assert (ended["durationSeconds"], ended["charged"], ended["shortfall"]) == (480, 80, 0)
    assert wallet(api, line.fan) == (7, 0)


def test_what_a_late_sweep_finds_talked_beyond_the_coins_is_recorded_as_a_shortfall(
    api: Api, people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run
) -> None:
    line = with_coins(people, line, fund, 73)
    call = line.active()
    clock.advance(seconds=541)

    assert run(job) == 1

    ended = line.get(call)
    assert (ended["status"], ended["endReason"]) == ("completed", "run_out")
    assert (ended["billedMinutes"], ended["charged"], ended["shortfall"]) == (10, 73, 27)
    assert wallet(api, line.fan) == (0, 0)
    assert wallet(api, line.creator) == (73, 0)


def test_coins_spent_elsewhere_during_the_call_do_not_extend_it(
    api: Api, people: People, admin: Person, clock: StoppedClock, line: Telephone, fund: Fund,
    run: Run,
) -> None:  # fmt: skip
    line = with_coins(people, line, fund, 100)
    call = line.active()
    taken = {"amount": -45, "reason": "spent elsewhere"}
    assert api.pay(f"/api/admin/wallets/{line.fan.id}/adjust", admin.token, taken).status == 201
    clock.advance(minutes=5)

    assert run(job) == 1

    assert line.get(call)["charged"] == 50
    assert wallet(api, line.fan) == (5, 0)


def test_a_call_whose_hold_is_gone_ends_when_its_paid_minutes_are_over(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.active()
    owner.execute("select ledger.void_hold(c.hold_id) from public.calls c where c.id = %s", (call,))
    clock.advance(seconds=299)
    assert run(job) == 0
    clock.advance(seconds=1)

    assert run(job) == 1

    assert line.get(call)["charged"] == 50
    assert wallet(api, line.fan) == (950, 0)


# The run


def test_one_run_sees_to_no_more_than_its_batch_the_most_urgent_first(
    people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "SWEEP_BATCH", 2)
    each = callers(people, line, fund, 3)
    calls = []
    for one in each:
        calls.append(one.active())
        clock.advance(seconds=10)
    clock.advance(seconds=240)

    assert run(job) == 2

    shown = [covered(one, call) for one, call in zip(each, calls, strict=True)]
    assert shown == [6, 6, 5]
    assert [run(job), run(job)] == [1, 0]


def test_one_call_that_cannot_be_extended_keeps_no_other_waiting(
    owner: Owner, people: People, clock: StoppedClock, line: Telephone, fund: Fund, run: Run
) -> None:
    each = callers(people, line, fund, 3)
    calls = [one.active() for one in each]
    clock.advance(seconds=250)

    with untouchable(owner, calls[1]), pytest.raises(ExceptionGroup) as failed:
        run(job)

    assert len(failed.value.exceptions) == 1
    shown = [covered(one, call) for one, call in zip(each, calls, strict=True)]
    assert shown == [6, 5, 6]
    assert run(job) == 1


def test_a_call_that_somebody_is_at_is_left_for_the_next_run_without_waiting(
    backing: Backing, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.active()
    clock.advance(seconds=250)

    with psycopg.connect(backing.direct_url) as somebody:
        somebody.execute("select from public.calls where id = %s for update", (call,))
        assert run(job) == 0

    assert run(job) == 1


def test_a_run_that_finds_no_database_fails_and_loses_nothing(
    backing: Backing, clock: StoppedClock, line: Telephone, run: Run
) -> None:
    call = line.active()
    clock.advance(seconds=250)

    with (
        outage(backing, database=True, supabase=False, keys=False),
        pytest.raises(DataUnavailable),
    ):
        run(job)

    assert run(job) == 1
    assert covered(line, call) == 6
