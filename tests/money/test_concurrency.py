"""Invariants 5, 6, 8, 9 and 13: whoever meets at one wallet, hold, key or payout."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest

from lambda_pool import Pool
from tests.money import client
from tests.money.client import Call, Row
from tests.money.racing import ask, race, tally, together
from tests.money.world import PACKAGES, Cast, Owner, balances, cast

CROWD = 8

type Fund = Callable[[UUID, int], None]
type NewHold = Callable[..., UUID]


@pytest.fixture
def everyone(owner: Owner) -> Cast:
    return cast(owner, 4)


@pytest.fixture
def fund(pool: Pool, everyone: Cast) -> Fund:
    def give(person: UUID, coins: int) -> None:
        client.make(pool, client.adjust(everyone.admin, person, coins, new_key()))

    return give


@pytest.fixture
def fan(everyone: Cast) -> UUID:
    return everyone.people[0]


@pytest.fixture
def host(everyone: Cast) -> UUID:
    return everyone.people[1]


@pytest.fixture
def stage(everyone: Cast) -> UUID:
    """The host's stream."""
    return everyone.streams[1]


@pytest.fixture
def new_hold(pool: Pool, fan: UUID) -> NewHold:
    def hold(amount: int, *, of: UUID = fan, lifetime: str = "1 hour") -> UUID:
        held: UUID = client.make(pool, client.authorise(of, amount, uuid4(), lifetime=lifetime))[
            "hold"
        ]
        return held

    return hold


@pytest.fixture
def a_fee(owner: Owner) -> None:
    """The platform takes a fifth of every gift."""
    owner.execute("insert into ledger.fee_rates values ('gift', 2000)")


@pytest.fixture
def deadlocks(owner: Owner) -> Callable[[], int]:
    """How often PostgreSQL had to break a circle of waiting transactions since the test began."""

    def count() -> int:
        row = owner.execute(
            "select deadlocks from pg_stat_database where datname = current_database()"
        ).fetchone()
        assert row is not None
        seen: int = row["deadlocks"]
        return seen

    before = count()
    return lambda: count() - before


def new_key() -> str:
    return str(uuid4())


def balance(owner: Owner, person: UUID) -> tuple[int, int]:
    return balances(owner)[str(person)]


# One key


def test_duplicates_of_one_gift_are_one_gift_with_one_answer(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, stage: UUID
) -> None:
    fund(fan, 100)

    answers = race(pool, [client.gift(fan, stage, 10, 1, "same")] * CROWD)

    assert len({repr(answered(answer)["response"]) for answer in answers}) == 1
    assert sum(not answered(answer)["replayed"] for answer in answers) == 1
    assert (balance(owner, fan), balance(owner, host)) == ((90, 0), (10, 0))


def test_duplicates_of_one_payout_are_one_payout(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID
) -> None:
    fund(fan, 500)

    answers = race(pool, [client.request_payout(fan, 100, "same")] * CROWD)

    assert len({answered(answer)["response"]["payout"]["id"] for answer in answers}) == 1
    assert balance(owner, fan) == (400, 0)


def test_one_key_for_two_payloads_moves_coins_for_one_of_them(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, stage: UUID
) -> None:
    fund(fan, 100)
    call = client.gift(fan, stage, 10, 1, "same")

    answers = race(pool, [call, call.altered()] * 4)

    assert tally(answers) == {"done": 4, "idempotency_key_reused": 4}
    assert balance(owner, fan) == (90, 0)


def test_a_key_whose_first_request_was_refused_may_be_used_again(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, stage: UUID
) -> None:
    call = client.gift(fan, stage, 10, 1, "same")
    assert tally(race(pool, [call] * 4)) == {"insufficient_balance": 4}

    fund(fan, 10)

    assert tally(race(pool, [call] * 4)) == {"done": 4}
    assert balance(owner, fan) == (0, 0)


def test_a_key_whose_answer_was_forgotten_still_moves_nothing_twice(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, stage: UUID
) -> None:
    fund(fan, 100)
    call = client.gift(fan, stage, 10, 1, "same")
    client.make(pool, call)
    owner.execute("delete from ledger.idempotency_keys where user_id = %s", (fan,))

    assert tally(race(pool, [call] * 4)) == {"idempotency_key_reused": 4}
    assert balance(owner, fan) == (90, 0)


def test_an_event_that_stripe_sends_many_times_is_applied_once(
    pool: Pool, owner: Owner, fan: UUID
) -> None:
    purchase = buy(pool, fan, 100)

    events = [client.pay(purchase, 1699, f"evt_{purchase}_{number % 2}") for number in range(8)]
    outcomes = sorted(answered(answer)["outcome"] for answer in race(pool, events))

    assert outcomes == ["applied", *["duplicate"] * 6, "ignored"]
    assert balance(owner, fan) == (100, 0)


# One wallet


@pytest.mark.parametrize("affordable", [0, 3, CROWD])
def test_of_many_gifts_as_many_go_through_as_can_be_paid(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, stage: UUID, affordable: int
) -> None:
    fund(fan, 10 * affordable + 9)

    answers = race(pool, [client.gift(fan, stage, 10, 1, new_key()) for _ in range(CROWD)])

    assert tally(answers)["done"] == affordable
    assert tally(answers)["insufficient_balance"] == CROWD - affordable
    assert balance(owner, fan) == (9, 0)


def test_gifts_holds_and_payouts_share_what_there_is(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, stage: UUID
) -> None:
    fund(fan, 350)
    calls = [
        *(client.gift(fan, stage, 100, 1, new_key()) for _ in range(3)),
        *(client.authorise(fan, 100, uuid4()) for _ in range(3)),
        *(client.request_payout(fan, 100, new_key()) for _ in range(2)),
    ]

    answers = race(pool, calls)

    assert tally(answers) == {"done": 3, "insufficient_balance": 5}
    left, held = balance(owner, fan)
    assert left - held == 50


def test_a_payout_takes_gifts_that_arrive_while_it_is_asked_for(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, host: UUID, stage: UUID
) -> None:
    gifts, payouts = 25, 8
    givers = [everyone.people[0], everyone.people[2], everyone.people[3]]
    for giver in givers:
        fund(giver, 10 * gifts)
    paid = 0

    def act(number: int) -> None:
        nonlocal paid
        if number < len(givers):
            for _ in range(gifts):
                client.make(pool, client.gift(givers[number], stage, 10, 1, new_key()))
        elif number == len(givers):
            for _ in range(payouts):
                answer = ask(pool, client.request_payout(host, 100, new_key()))
                paid += 0 if answer == "insufficient_balance" else 100
        else:
            for _ in range(payouts):
                client.make(pool, client.fold())

    together(len(givers) + 2, act)

    assert balance(owner, host) == (10 * gifts * len(givers) - paid, 0)


# One creator


def test_gifts_never_wait_for_the_creators_wallet(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, host: UUID, stage: UUID
) -> None:
    givers = [everyone.people[0], everyone.people[2], everyone.people[3]]
    for giver in givers:
        fund(giver, 100)

    with owner.transaction():
        owner.execute("select from public.wallets where user_id = %s for no key update", (host,))
        calls = [client.gift(giver, stage, 10, 1, new_key()) for giver in givers for _ in range(3)]
        answers = race(pool, calls)

    assert tally(answers) == {"done": 9}
    assert balance(owner, host) == (90, 0)


@pytest.mark.usefixtures("a_fee")
def test_nothing_ever_waits_for_a_system_account(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, fan: UUID, stage: UUID
) -> None:
    fund(fan, 1000)
    purchase = buy(pool, fan, 100)

    with owner.transaction():
        owner.execute(
            "select from public.wallets where system_account is not null for no key update"
        )
        answers = race(
            pool,
            [
                client.gift(fan, stage, 10, 1, new_key()),
                client.adjust(everyone.admin, fan, 10, new_key()),
                client.request_payout(fan, 100, new_key()),
                client.deposit(fan, 10, uuid4(), new_key()),
                client.pay(purchase, 1699, new_key()),
            ],
        )

    assert tally(answers) == {"done": 5}


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
    for _ in range(4):
        holds = {
            new_hold(1, of=random.choice(everyone.people), lifetime="1 microsecond")  # noqa: S311
            for _ in range(24)
        }
        released: list[UUID] = []

        def sweep(_: int, released: list[UUID] = released) -> None:
            while rows := client.make_all(pool, client.release_due()):
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
    pool: Pool, fund: Fund, everyone: Cast, seed: int, deadlocks: Callable[[], int]
) -> None:
    for person in everyone.people:
        fund(person, 400)
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


def answered(answer: Row | str) -> Row:
    assert isinstance(answer, dict), answer
    return answer


def buy(pool: Pool, buyer: UUID, coins: int) -> UUID:
    """A purchase that is yet to be paid."""
    package, _ = PACKAGES[coins]
    purchase: UUID = client.make(pool, client.open_purchase(buyer, package, new_key()))["id"]
    return purchase
