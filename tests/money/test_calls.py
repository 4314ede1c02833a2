"""Invariants 8, 10 and 11: whoever meets at one call, it is closed once and billed once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from lambda_pool import Pool
from tests.money import calling, client
from tests.money.calling import Clock
from tests.money.racing import CROWD, Fund, answered, ask, balance, race, tally
from tests.money.world import Owner

ROUNDS = 12
OPEN = ("pending", "accepted", "active")


def test_ends_by_both_at_once_are_one_bill_with_one_answer(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fund(fan, 60 * ROUNDS)
    for round_ in range(1, ROUNDS + 1):
        call = calling.active(pool, fan, creator)
        clock.advance(minutes=6)

        answers = race(pool, [calling.end(call, who) for who in (fan, creator)] * (CROWD // 2))

        assert len({repr(answered(answer)["response"]) for answer in answers}) == 1
        assert answered(answers[0])["response"]["charged"] == 60
        assert calling.payments(owner, call) == 1
        assert balance(owner, creator) == (60 * round_, 0)
    assert balance(owner, fan) == (0, 0)
    assert deadlocks() == 0


def test_an_end_sent_many_times_with_one_key_is_one_end(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock
) -> None:
    fund(fan, 100)
    call = calling.active(pool, fan, creator)

    answers = race(pool, [calling.end(call, fan, "same")] * CROWD)

    assert sum(not answered(answer)["replayed"] for answer in answers) == 1
    assert len({repr(answered(answer)["response"]) for answer in answers}) == 1
    assert balance(owner, fan) == (50, 0)


def test_a_start_against_a_cancel_leaves_a_call_that_runs_or_one_that_is_off(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fund(fan, 1000)
    seen = set()
    for _ in range(ROUNDS * 2):
        call = calling.accepted(pool, fan, creator)
        client.make(pool, calling.start(call, fan))

        started, cancelled = race(pool, [calling.start(call, creator), calling.cancel(call, fan)])

        status = calling.row(owner, call)["status"]
        seen.add(status)
        if status == "active":
            assert (tally([started]), cancelled) == ({"done": 1}, "call_state")
            assert balance(owner, fan)[1] == 50
            client.make(pool, calling.end(call, fan))
        else:
            assert (started, tally([cancelled])) == ("call_state", {"done": 1})
        assert balance(owner, fan)[1] == 0
    assert seen <= {"active", "cancelled"}
    assert deadlocks() == 0


def test_both_who_join_at_once_start_the_clock_once(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock
) -> None:
    fund(fan, 1000)
    for _ in range(ROUNDS):
        call = calling.accepted(pool, fan, creator)

        answers = race(pool, [calling.start(call, who) for who in (fan, creator)] * (CROWD // 2))

        assert tally(answers) == {"done": CROWD}
        assert calling.row(owner, call)["status"] == "active"
        client.make(pool, calling.end(call, fan))


def test_an_accept_against_the_expiry_leaves_a_call_that_is_on_or_one_that_was_missed(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    """The clock strikes while they race, so that each may find the time on its side."""
    fund(fan, 1000)
    for _ in range(ROUNDS * 2):
        call = calling.pending(pool, fan, creator)
        clock.advance(minutes=5, seconds=-1)
        with ThreadPoolExecutor(1) as hand:
            struck = hand.submit(clock.advance, seconds=1)
            answers = race(
                pool,
                [calling.accept(call, creator) for _ in range(3)]
                + [calling.expire(call) for _ in range(3)],
            )
            struck.result()

        accepts, sweeps = answers[:3], [answer == {"done": True} for answer in answers[3:]]
        status = calling.row(owner, call)["status"]
        if status == "missed":
            assert sweeps.count(True) == 1
            assert tally(accepts).keys() <= {"call_expired", "call_state"}
            assert balance(owner, fan) == (1000, 0)
        else:
            assert sweeps.count(True) == 0
            assert tally(accepts).keys() <= {"done", "call_expired"}
            assert status == ("accepted" if tally(accepts)["done"] else "pending")
            assert balance(owner, fan) == (1000, 50)
            client.make(pool, calling.cancel(call, fan))
    assert deadlocks() == 0


@pytest.mark.parametrize("status", ["pending", "accepted", "active"])
def test_whoever_closes_an_overdue_call_closes_it_once(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock, status: str
) -> None:
    fund(fan, 100_000)
    calling.take_calls(owner, creator, rate=1)
    billed = 240 if status == "active" else 0
    for _ in range(ROUNDS):
        before, _ = balance(owner, fan)
        call = getattr(calling, status)(pool, fan, creator)
        clock.advance(minutes=240)
        close = calling.end if status == "active" else calling.cancel

        answers = race(
            pool,
            [close(call, who) for who in (fan, creator)] * 2
            + [calling.expire(call) for _ in range(3)]
            + [calling.request(fan, creator)],
        )

        closed = calling.row(owner, call)
        assert closed["status"] not in OPEN
        assert closed["charged"] == billed
        assert calling.payments(owner, call) == (1 if billed else 0)
        opened = answers[-1]
        if isinstance(opened, dict):
            client.make(pool, calling.cancel(opened["response"]["call"]["id"], fan))
        assert balance(owner, fan) == (before - billed, 0)


def test_the_sweep_that_extends_a_call_and_who_ends_it_agree_on_the_bill(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fund(fan, 60 * ROUNDS)
    for round_ in range(1, ROUNDS + 1):
        call = calling.active(pool, fan, creator)
        clock.advance(minutes=5, seconds=1)

        race(
            pool,
            [calling.extend(call) for _ in range(4)]
            + [calling.end(call, who) for who in (fan, creator)] * 2,
        )

        ended = calling.row(owner, call)
        assert (ended["status"], ended["charged"], ended["shortfall"]) == ("completed", 60, 0)
        assert balance(owner, fan) == (60 * (ROUNDS - round_), 0)
    assert deadlocks() == 0


def test_a_hold_that_is_released_while_its_call_ends_changes_nothing_in_the_bill(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fund(fan, 60 * ROUNDS)
    for round_ in range(1, ROUNDS + 1):
        call = calling.active(pool, fan, creator)
        owner.execute(
            "update public.holds set expires_at = created_at + interval '1 second' "
            "where status = 'active' and subject_id = %s",
            (call,),
        )
        clock.advance(minutes=6)
        with ThreadPoolExecutor(2) as sweepers:
            sweeps = [
                sweepers.submit(client.make_all, pool, client.release_due()) for _ in range(2)
            ]
            answers = race(pool, [calling.end(call, who) for who in (fan, creator)] * 3)
            for sweep in sweeps:
                sweep.result()

        assert {answered(answer)["response"]["charged"] for answer in answers} == {60}
        assert calling.payments(owner, call) == 1
        assert balance(owner, fan) == (60 * (ROUNDS - round_), 0)
    assert deadlocks() == 0


def test_a_hold_that_is_extended_and_released_at_once_is_one_of_the_two(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fund(fan, 60 * ROUNDS * 2)
    for _ in range(ROUNDS * 2):
        call = calling.active(pool, fan, creator)
        owner.execute(
            "update public.holds set expires_at = created_at + interval '1 second' "
            "where status = 'active' and subject_id = %s",
            (call,),
        )
        clock.advance(minutes=5, seconds=-1)
        with ThreadPoolExecutor(2) as sweepers:
            sweeps = [
                sweepers.submit(client.make_all, pool, client.release_due()) for _ in range(2)
            ]
            extended = [
                answer == {"done": True}
                for answer in race(pool, [calling.extend(call) for _ in range(4)])
            ]
            released = sum(len(sweep.result()) for sweep in sweeps)

        assert (released, extended.count(True)) in ((1, 0), (0, 1))
        assert balance(owner, fan)[1] == (0 if released else 60)
        clock.advance(minutes=1)
        bill = answered(ask(pool, calling.end(call, fan)))["response"]
        assert (bill["charged"], bill["shortfall"]) == (60, 0)
    assert deadlocks() == 0


def test_a_bill_never_waits_for_the_creators_wallet(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock
) -> None:
    fund(fan, 100)
    call = calling.active(pool, fan, creator)

    with owner.transaction():
        owner.execute("select from public.wallets where user_id = %s for no key update", (creator,))
        answer = ask(pool, calling.end(call, fan))

    assert answered(answer)["response"]["charged"] == 50


@pytest.mark.parametrize("close", [calling.cancel, calling.end])
def test_who_waited_for_the_lock_writes_no_moment_before_what_is_written(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    close: Callable[[str, UUID], client.Call],
) -> None:  # fmt: skip
    """A transaction's time is when it began, and whoever had the lock may have begun later."""
    fund(fan, 1000)
    steps = [calling.accept, calling.start, calling.start]
    for count in range(1, len(steps) + 1):
        call = calling.pending(pool, fan, creator)
        for step, party in zip(steps[:count], (creator, fan, creator), strict=False):
            clock.advance(seconds=-1)
            client.make(pool, step(call, party))
        clock.advance(seconds=-1)
        closing = calling.end if count == 3 else close

        client.make(pool, closing(call, fan))

        row = calling.row(owner, call)
        asked = row["requested_at"]
        moments = [row[name] for name in ("accepted_at", "fan_joined_at", "started_at", "ended_at")]
        assert {moment for moment in moments if moment} == {asked}


def test_ends_and_starts_meet_at_any_moment_of_a_clock_that_runs(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID
) -> None:
    fund(fan, 100_000)
    for _ in range(ROUNDS * 2):
        call = calling.pending(pool, fan, creator)

        answers = race(
            pool,
            [calling.start(call, who) for who in (fan, creator)] * 2
            + [calling.accept(call, creator)]
            + [calling.end(call, who) for who in (fan, creator)],
        )

        assert tally(answers).keys() <= {"done", "call_state"}
        for closing in (calling.cancel, calling.end):
            ask(pool, closing(call, fan))
        row = calling.row(owner, call)
        assert row["status"] in ("cancelled", "completed")
        assert balance(owner, fan)[1] == 0
