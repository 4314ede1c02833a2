"""Invariants 8, 10 to 13 on calls: whoever meets at one call, it is closed once and billed once."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import ceil
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from lambda_pool import Pool
from tests.faults.database import Database
from tests.money import calling, client
from tests.money.calling import Clock
from tests.money.racing import CROWD, Fund, answered, ask, balance, new_key, race, tally, together
from tests.money.world import Cast, Owner, cast

ROUNDS = 12
OPEN = ("pending", "accepted", "active")


@pytest.fixture
def clock(owner: Owner) -> Iterator[Clock]:
    """The server's clock, standing still."""
    clock = Clock(owner)
    yield clock
    clock.release()


@pytest.fixture
def creator(owner: Owner, host: UUID) -> UUID:
    """Takes calls at 10 a minute, and 5 minutes at least."""
    calling.take_calls(owner, host)
    return host


@pytest.fixture(autouse=True)
def sound_calls(owner: Owner) -> Iterator[None]:
    yield
    assert calling.violations(owner) == []


def unsettled(owner: Owner, people: list[UUID]) -> int:
    """How many calls these people still have open."""
    row = owner.execute(
        "select count(*) as n from public.calls where ended_at is null and fan_id = any (%s)",
        (people,),
    ).fetchone()
    assert row is not None
    return int(row["n"])


# One call


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


# One fan


def test_of_many_requests_by_one_fan_one_opens_a_call(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, fan: UUID, clock: Clock
) -> None:
    fund(fan, 1000)
    creators = everyone.people[1:]
    for creator in creators:
        calling.take_calls(owner, creator)
    for _ in range(ROUNDS):
        answers = race(
            pool, [calling.request(fan, creators[n % len(creators)]) for n in range(CROWD)]
        )

        assert tally(answers) == {"done": 1, "call_open": CROWD - 1}
        assert balance(owner, fan) == (1000, 50)
        (opened,) = [answer for answer in answers if isinstance(answer, dict)]
        client.make(pool, calling.cancel(opened["response"]["call"]["id"], fan))


def test_a_request_sent_many_times_with_one_key_is_one_call(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock
) -> None:
    fund(fan, 1000)

    answers = race(pool, [calling.request(fan, creator, key="same")] * CROWD)

    assert len({repr(answered(answer)["response"]) for answer in answers}) == 1
    assert sum(not answered(answer)["replayed"] for answer in answers) == 1
    assert balance(owner, fan) == (1000, 50)


def test_a_request_against_the_end_of_the_last_call_never_deadlocks(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fund(fan, 100_000)
    call = calling.active(pool, fan, creator)
    for _ in range(ROUNDS * 2):
        ended, *asked = race(
            pool,
            [calling.end(call, creator), *(calling.request(fan, creator) for _ in range(4))],
        )

        assert answered(ended)["response"]["charged"] == 50
        assert tally(asked).keys() <= {"done", "call_open"}
        assert tally(asked)["done"] <= 1
        new = [one["response"]["call"]["id"] for one in asked if isinstance(one, dict)]
        call = new[0] if new else calling.pending(pool, fan, creator)
        client.make(pool, calling.accept(call, creator))
        for who in (fan, creator):
            client.make(pool, calling.start(call, who))
    assert deadlocks() == 0


def test_a_fan_who_can_pay_one_thing_pays_one_thing(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, creator: UUID, stage: UUID, clock: Clock
) -> None:
    fund(fan, 50)

    answers = race(
        pool,
        [calling.request(fan, creator)]
        + [client.gift(fan, stage, 50, 1, new_key()) for _ in range(CROWD - 1)],
    )

    assert tally(answers) == {"done": 1, "insufficient_balance": CROWD - 1}


# One creator


def test_a_suspension_against_requests_leaves_no_call_open(
    pool: Pool, owner: Owner, database: Database, fund: Fund, everyone: Cast,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fans = [everyone.people[0], everyone.people[2], everyone.people[3]]
    for fan in fans:
        fund(fan, 1000)
    for _ in range(ROUNDS):
        creator = cast(owner, 1).people[0]
        calling.take_calls(owner, creator)

        with database.connection() as desk, ThreadPoolExecutor(1) as admin:
            suspended = admin.submit(suspend, desk, creator)
            answers = race(pool, [calling.request(fan, creator) for fan in fans])
            suspended.result()

        assert tally(answers).keys() <= {"done", "not_found"}
        assert [balance(owner, fan) for fan in fans] == [(1000, 0)] * 3
        assert unsettled(owner, fans) == 0
    assert deadlocks() == 0


def suspend(desk: Owner, person: UUID) -> None:
    """As the admin desk does; the calls go with the account."""
    desk.execute(
        "update public.users set status = 'suspended', suspended_at = now() where id = %s",
        (person,),
    )


def test_suspensions_and_hang_ups_share_the_calls_without_a_deadlock(
    pool: Pool, owner: Owner, database: Database, fund: Fund, everyone: Cast, creator: UUID,
    clock: Clock, deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fans = [everyone.people[0], everyone.people[2], everyone.people[3]]
    for fan in fans:
        fund(fan, 50 * ROUNDS)
    for round_ in range(1, ROUNDS + 1):
        calls = [calling.active(pool, fan, creator) for fan in fans]

        with database.connection() as desk, ThreadPoolExecutor(1) as admin:
            closed = admin.submit(desk.execute, "select private.cancel_open_calls(%s)", (creator,))
            answers = race(
                pool, [calling.end(call, fan) for call, fan in zip(calls, fans, strict=True)]
            )
            closed.result()

        assert {answered(answer)["response"]["charged"] for answer in answers} == {50}
        assert [balance(owner, fan) for fan in fans] == [(50 * (ROUNDS - round_), 0)] * 3
    assert deadlocks() == 0


def test_two_sweeps_share_the_overdue_calls(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, creator: UUID, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    fans = [everyone.people[0], everyone.people[2], everyone.people[3]]
    for fan in fans:
        fund(fan, 1000)
    for _ in range(ROUNDS):
        calls = [calling.pending(pool, fan, creator) for fan in fans]
        clock.advance(minutes=5)

        answers = race(pool, [calling.expire(call) for call in calls for _ in range(3)])

        assert sum(answer == {"done": True} for answer in answers) == len(calls)
        assert [balance(owner, fan) for fan in fans] == [(1000, 0)] * 3
    assert deadlocks() == 0


# Everything at once


def test_no_mix_of_operations_on_calls_deadlocks_or_loses_a_coin(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, seed: int, clock: Clock,
    deadlocks: Callable[[], int],
) -> None:  # fmt: skip
    for person in everyone.people:
        fund(person, 400)
        calling.take_calls(owner, person, rate=7, minimum=2)
    opened: list[tuple[str, UUID, UUID]] = []
    refusals = {
        *("done", "call_open", "call_state", "call_expired", "insufficient_balance"),
        *("hold_closed", "not_found"),
    }

    def act(number: int) -> None:
        dice = random.Random(seed + number)  # noqa: S311
        for _ in range(50):
            one, other = dice.sample(everyone.people, 2)
            answer = ask(pool, any_call(dice, one, other, opened))
            assert tally([answer]).keys() <= refusals, answer
            if isinstance(answer, dict) and "call" in (answer.get("response") or {}):
                opened.append((answer["response"]["call"]["id"], one, other))

    together(CROWD, act)

    assert deadlocks() == 0
    for call, fan, creator in opened:
        ask(pool, calling.cancel(call, fan))
        ask(pool, calling.end(call, creator))
    assert unsettled(owner, everyone.people) == 0
    assert sum(balance(owner, person)[0] for person in everyone.people) == 1600
    assert [balance(owner, person)[1] for person in everyone.people] == [0] * 4


def any_call(
    dice: random.Random, one: UUID, other: UUID, opened: list[tuple[str, UUID, UUID]]
) -> client.Call:
    """One of the operations on calls, most of them on one of the last calls."""
    if not opened or dice.random() < 0.3:
        return calling.request(one, other)
    call, fan, creator = dice.choice(opened[-4:])
    party = dice.choice((fan, creator))
    return dice.choice(
        [
            lambda: calling.accept(call, creator),
            lambda: calling.accept(call, creator),
            lambda: calling.start(call, fan),
            lambda: calling.start(call, creator),
            lambda: calling.reject(call, creator),
            lambda: calling.cancel(call, party),
            lambda: calling.end(call, party),
            lambda: calling.extend(call),
            lambda: calling.expire(call),
        ]
    )()


# The bill


def test_the_bill_is_what_the_formula_says(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, creator: UUID, clock: Clock, seed: int
) -> None:
    """Billed minutes = max(ceil(seconds / 60), minimum), four hours at most; the wallet pays what
    it can, and the rest is the shortfall."""

    @seeded(seed)
    @settings(
        max_examples=120,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate,),
    )
    @given(
        rate=st.integers(1, 1_000),
        minimum=st.integers(1, 240),
        estimate=st.none() | st.integers(1, 240),
        seconds=st.one_of(
            st.integers(0, 16_000),
            st.integers(0, 266).map(lambda minute: minute * 60),
            st.integers(0, 266).map(lambda minute: minute * 60 + 1),
        ),
        spare=st.integers(0, 100_000),
        sweeps=st.lists(st.floats(0, 1), max_size=4).map(sorted),
    )
    def holds(
        rate: int, minimum: int, estimate: int | None, seconds: int, spare: int,
        sweeps: list[float],
    ) -> None:  # fmt: skip
        fan = cast(owner, 1).people[0]
        calling.take_calls(owner, creator, rate, minimum)
        held = rate * max(minimum, estimate or 0)
        fund(fan, held + spare)
        earned, _ = balance(owner, creator)
        call = calling.active(pool, fan, creator, estimate)
        assert balance(owner, fan) == (held + spare, held)

        passed = 0
        for share in sweeps:
            moment = int(seconds * share)
            clock.advance(seconds=moment - passed)
            passed = moment
            client.make(pool, calling.extend(call))
        clock.advance(seconds=seconds - passed)
        answer = client.make(pool, calling.end(call, fan))["response"]

        row = calling.row(owner, call)
        lasted = int((row["ended_at"] - row["started_at"]).total_seconds())
        if row["end_reason"] == "end":
            assert lasted == min(seconds, 240 * 60)
        minutes = max(ceil(lasted / 60), minimum)
        charged = min(rate * minutes, held + spare)
        assert answer["billed_minutes"] == minutes
        assert (answer["charged"], answer["shortfall"]) == (charged, rate * minutes - charged)
        assert balance(owner, fan) == (held + spare - charged, 0)
        assert balance(owner, creator) == (earned + charged, 0)

    holds()
