"""Invariants 11 and 13: who calls whom, all at once, and nobody waits in a circle."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from lambda_pool import Pool
from tests.faults.database import Database
from tests.money import calling, client
from tests.money.calling import Clock
from tests.money.client import Call
from tests.money.racing import CROWD, Fund, answered, ask, balance, new_key, race, tally, together
from tests.money.world import Cast, Owner, cast

ROUNDS = 12


def unsettled(owner: Owner, people: list[UUID]) -> int:
    """How many calls these people still have open."""
    row = owner.execute(
        "select count(*) as n from public.calls where ended_at is null and fan_id = any (%s)",
        (people,),
    ).fetchone()
    assert row is not None
    return int(row["n"])


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
        enforce(pool, creator)

        assert tally(answers).keys() <= {"done", "not_found"}
        assert [balance(owner, fan) for fan in fans] == [(1000, 0)] * 3
        assert unsettled(owner, fans) == 0
    assert deadlocks() == 0


def suspend(desk: Owner, person: UUID) -> None:
    """As the admin desk does."""
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


def test_suspensions_of_both_sides_of_many_calls_close_each_once(
    pool: Pool, owner: Owner, fund: Fund, clock: Clock, deadlocks: Callable[[], int]
) -> None:
    for _ in range(ROUNDS // 3):
        everybody = cast(owner, 4).people
        creator, *fans = everybody
        calling.take_calls(owner, creator)
        for fan in fans:
            fund(fan, 50)
            calling.active(pool, fan, creator)
        for person in everybody:
            owner.execute(
                "update public.users set status = 'suspended', suspended_at = now() where id = %s",
                (person,),
            )

        with ThreadPoolExecutor(CROWD) as runs:
            list(runs.map(enforce, [pool] * CROWD, everybody * 2))

        assert unsettled(owner, fans) == 0
        assert [balance(owner, fan) for fan in fans] == [(0, 0)] * 3
        assert balance(owner, creator) == (150, 0)
    assert deadlocks() == 0


def enforce(pool: Pool, person: UUID) -> None:
    """What one run of the job does about an account."""
    while client.make(pool, calling.enforce(person))["done"]:
        pass


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
) -> Call:
    """One of the operations on calls, most of them on one of the last calls."""
    if not opened or dice.random() < 0.3:
        return calling.request(one, other)
    call, fan, creator = dice.choice(opened[-4:])
    party = dice.choice((fan, creator))
    choices: list[Callable[[], Call]] = [
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
    return dice.choice(choices)()
