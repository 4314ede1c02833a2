"""Invariants 5 and 6: whoever meets at one key, one wallet, one creator."""

from uuid import UUID, uuid4

import pytest

from lambda_pool import Pool
from tests.money import client
from tests.money.racing import (
    CROWD,
    Fund,
    answered,
    ask,
    balance,
    buy,
    new_key,
    race,
    tally,
    together,
)
from tests.money.world import Cast, Owner

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
