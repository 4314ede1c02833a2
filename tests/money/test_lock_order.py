"""Invariants 8, 9 and 13: whoever meets at one hold or transfer, and nobody in a circle."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from lambda_pool import Pool
from tests.money import client
from tests.money.client import Call
from tests.money.racing import (
    CROWD,
    Fund,
    NewHold,
    ask,
    balance,
    new_key,
    race,
    tally,
    together,
)
from tests.money.world import Cast, Owner, new_goal

# One hold


def test_a_hold_is_captured_voided_or_released_but_only_once(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, fan: UUID, host: UUID, new_hold: NewHold
) -> None:
    for _ in range(5):
        fund(fan, 100)
        before, _ = balance(owner, fan)
        hold = new_hold(100, lifetime="1 microsecond")
        calls = [
            *(client.capture(hold, 60, host, everyone.admin, new_key()) for _ in range(3)),
            *(client.void(hold) for _ in range(3)),
        ]
        with ThreadPoolExecutor(1) as sweeper:
            sweeping = sweeper.submit(client.make_all, pool, client.release_due())
            answers = race(pool, calls)
            released = sweeping.result()

        captured = sum(isinstance(answer, dict) and "captured" in answer for answer in answers)
        voided = answers.count({"released": True})
        assert captured + voided + len(released) == 1
        assert balance(owner, fan) == (before - 60 * captured, 0)


def test_one_subject_has_one_active_hold(pool: Pool, owner: Owner, fund: Fund, fan: UUID) -> None:
    fund(fan, 1000)
    subject = uuid4()

    answers = race(pool, [client.authorise(fan, 10, subject) for _ in range(CROWD)])

    assert tally(answers) == {"done": 1, "hold_exists": CROWD - 1}
    assert balance(owner, fan) == (1000, 10)


def test_who_authorises_again_does_not_deadlock_with_who_voids(
    pool: Pool, fund: Fund, fan: UUID, deadlocks: Callable[[], int]
) -> None:
    fund(fan, 1000)
    subject = uuid4()
    for _ in range(25):
        hold = client.make(pool, client.authorise(fan, 10, subject))["hold"]

        answers = race(
            pool, [client.void(hold), *(client.authorise(fan, 10, subject) for _ in range(3))]
        )

        for answer in answers:
            if isinstance(answer, dict) and "hold" in answer:
                client.make(pool, client.void(answer["hold"]))
    assert deadlocks() == 0


def test_two_sweeps_of_due_holds_share_them_without_a_deadlock(
    pool: Pool,
    owner: Owner,
    fund: Fund,
    everyone: Cast,
    new_hold: NewHold,
    deadlocks: Callable[[], int],
) -> None:
    for person in everyone.people:
        fund(person, 1000)
    for _ in range(6):
        holds = {
            new_hold(1, of=random.choice(everyone.people), lifetime="1 microsecond")  # noqa: S311
            for _ in range(48)
        }
        released: list[UUID] = []

        def sweep(_: int, released: list[UUID] = released) -> None:
            while rows := client.make_all(pool, client.release_due(8)):
                released.extend(row["released"] for row in rows)

        together(6, sweep)

        assert sorted(released) == sorted(holds)
    assert deadlocks() == 0


# One transfer


def test_a_transfer_is_reversed_once(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, fan: UUID, host: UUID, stage: UUID
) -> None:
    fund(fan, 100)
    sent = client.make(pool, client.gift(fan, stage, 50, 1, new_key()))
    transfer = UUID(sent["response"]["stream_gift"]["transfer_id"])

    answers = race(
        pool,
        [
            client.reverse(transfer, "wallet_adjustment", everyone.admin, new_key())
            for _ in range(CROWD)
        ],
    )

    assert tally(answers) == {"done": 1, "already_reversed": CROWD - 1}
    assert (balance(owner, fan), balance(owner, host)) == ((100, 0), (0, 0))


def test_a_payout_is_settled_or_returned_but_only_once(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, fan: UUID
) -> None:
    fund(fan, 100)
    asked = client.make(pool, client.request_payout(fan, 100, new_key()))
    payout = asked["response"]["payout"]["id"]

    answers = race(
        pool,
        [
            client.close_payout(everyone.admin, payout, new_key(), settle=bool(number % 2))
            for number in range(CROWD)
        ],
    )

    assert tally(answers) == {"done": 1, "payout_closed": CROWD - 1}


# Everything at once


def test_two_who_gift_each_other_never_deadlock(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, deadlocks: Callable[[], int]
) -> None:
    for person in everyone.people[:2]:
        fund(person, 40)

    def give(number: int) -> None:
        side = number % 2
        for _ in range(15):
            call = client.gift(everyone.people[side], everyone.streams[1 - side], 10, 1, new_key())
            assert tally([ask(pool, call)]).keys() <= {"done", "insufficient_balance"}

    together(CROWD, give)

    assert sum(balance(owner, person)[0] for person in everyone.people[:2]) == 80
    assert deadlocks() == 0


def test_no_mix_of_operations_deadlocks(
    pool: Pool,
    owner: Owner,
    fund: Fund,
    everyone: Cast,
    seed: int,
    deadlocks: Callable[[], int],
) -> None:
    for person in everyone.people:
        fund(person, 400)
    for host, stage in zip(everyone.people, everyone.streams, strict=True):
        new_goal(owner, stage, host, 100)
    gifts: list[UUID] = []
    holds: list[UUID] = []

    def act(number: int) -> None:
        dice = random.Random(seed + number)  # noqa: S311
        for _ in range(40):
            answer = ask(pool, any_call(dice, everyone, gifts, holds))
            if isinstance(answer, dict):
                if "hold" in answer:
                    holds.append(answer["hold"])
                if "stream_gift" in answer.get("response", {}):
                    gifts.append(UUID(answer["response"]["stream_gift"]["transfer_id"]))

    together(CROWD, act)

    assert deadlocks() == 0
    for hold in holds:
        client.make(pool, client.void(hold))


def any_call(dice: random.Random, everyone: Cast, gifts: list[UUID], holds: list[UUID]) -> Call:
    """One of the ledger's operations between any two people."""
    one, other = dice.sample(range(len(everyone.people)), 2)
    person, payee = everyone.people[one], everyone.people[other]
    choices: list[Callable[[], Call]] = [
        lambda: client.gift(person, everyone.streams[other], 10, 1, new_key()),
        lambda: client.tip(person, everyone.streams[other], 10, new_key()),
        lambda: client.buy_ticket(person, everyone.premieres[other], new_key()),
        lambda: client.adjust(everyone.admin, person, dice.choice([-20, 20]), new_key()),
        lambda: client.authorise(person, 15, uuid4(), lifetime="1 millisecond"),
        lambda: client.request_payout(person, 100, new_key()),
        lambda: client.deposit(person, 10, uuid4(), new_key()),
        client.fold,
    ]
    if holds:
        hold = dice.choice(holds)
        choices += [
            lambda: client.capture(hold, 20, payee, everyone.admin, new_key()),
            lambda: client.extend(hold, 5),
            lambda: client.void(hold),
        ]
    if gifts:
        gift = dice.choice(gifts)
        choices.append(lambda: client.reverse(gift, "wallet_adjustment", everyone.admin, new_key()))
    return dice.choice(choices)()
