"""Invariants 6, 7, 9, 11 and 13 of shows: who meets at one seat, one show, one ticket."""

import json
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lambda_pool import Pool
from tests.faults.database import Database
from tests.money import client
from tests.money.client import Call
from tests.money.racing import (
    CROWD,
    PATIENCE_SECONDS,
    Fund,
    answered,
    balance,
    new_key,
    race,
    tally,
    together,
)
from tests.money.world import Cast, Owner, cast, person, show

FIFTY = 50
REFUSALS = {
    *("not_found", "ticket_exists", "show_not_on_sale", "show_not_scheduled", "show_not_live"),
    *("insufficient_balance", "price_locked"),
}
"""What may be answered when anything meets anything."""

type NewShow = Callable[..., UUID]
"""A show of the host."""


@pytest.fixture
def new_show(owner: Owner, host: UUID) -> NewShow:
    return lambda **fields: show(owner, host, **fields)


@pytest.fixture
def fifty(owner: Owner, fund: Fund) -> list[UUID]:
    """People with a hundred coins each."""
    people = [person(owner) for _ in range(FIFTY)]
    for one in people:
        fund(one, 100)
    return people


def state(owner: Owner, show_id: UUID) -> str:
    row = owner.execute("select status from public.shows where id = %s", (show_id,)).fetchone()
    assert row is not None
    return str(row["status"])


def numbers(owner: Owner, show_id: UUID) -> list[int]:
    rows = owner.execute(
        "select number from public.show_tickets where show_id = %s order by number", (show_id,)
    )
    return [row["number"] for row in rows]


def refuses(answers: list[client.Row | str]) -> set[str]:
    return {answer for answer in answers if isinstance(answer, str)}


def coins(owner: Owner, people: list[UUID]) -> int:
    return sum(balance(owner, one)[0] for one in people)


# One seat


def test_fifty_race_for_the_last_seat_and_one_gets_it(
    pool: Pool, owner: Owner, new_show: NewShow, fifty: list[UUID]
) -> None:
    the_show = new_show(seats=1)

    answers = race(pool, [client.buy_seat(one, the_show, new_key()) for one in fifty])

    assert tally(answers) == {"done": 1, "sold_out": FIFTY - 1}
    assert numbers(owner, the_show) == [1]
    assert coins(owner, fifty) == FIFTY * 100 - 30


@pytest.mark.parametrize("seats", [2, 17, FIFTY, None])
def test_fifty_buyers_of_some_seats_get_tickets_1_to_as_many_as_there_are(
    pool: Pool, owner: Owner, new_show: NewShow, fifty: list[UUID], seats: int | None
) -> None:
    the_show = new_show(seats=seats)
    sold = seats or FIFTY

    answers = race(pool, [client.buy_seat(one, the_show, new_key()) for one in fifty])

    assert tally(answers)["done"] == sold
    assert refuses(answers) <= {"sold_out"}
    given = [answer["response"]["ticket"] for answer in answers if isinstance(answer, dict)]
    assert sorted(one["ticket_number"] for one in given) == numbers(owner, the_show)
    assert numbers(owner, the_show) == list(range(1, sold + 1))
    assert coins(owner, fifty) == FIFTY * 100 - 30 * sold


def test_who_cannot_pay_takes_no_seat_from_who_can(
    pool: Pool, owner: Owner, new_show: NewShow, fifty: list[UUID]
) -> None:
    the_show = new_show(seats=5)
    poor = [person(owner) for _ in range(10)]

    answers = race(pool, [client.buy_seat(one, the_show, new_key()) for one in (*poor, *fifty[:5])])

    assert tally(answers)["done"] == 5
    assert refuses(answers) <= {"insufficient_balance", "sold_out"}
    assert numbers(owner, the_show) == [1, 2, 3, 4, 5]


# One buyer


def test_one_buyer_with_many_keys_gets_one_ticket(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, new_show: NewShow
) -> None:
    fund(fan, 500)
    the_show = new_show()

    answers = race(pool, [client.buy_seat(fan, the_show, new_key()) for _ in range(CROWD)])

    assert tally(answers) == {"done": 1, "ticket_exists": CROWD - 1}
    assert balance(owner, fan) == (470, 0)


def test_duplicates_of_one_purchase_are_one_ticket_with_one_answer(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, new_show: NewShow
) -> None:
    fund(fan, 500)
    the_show = new_show()

    answers = race(pool, [client.buy_seat(fan, the_show, "same")] * CROWD)

    assert len({repr(answered(answer)["response"]) for answer in answers}) == 1
    assert sum(not answered(answer)["replayed"] for answer in answers) == 1
    assert balance(owner, fan) == (470, 0)


def test_a_buyer_of_many_shows_at_once_gets_as_many_as_they_can_pay(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, new_show: NewShow
) -> None:
    fund(fan, 95)

    answers = race(pool, [client.buy_seat(fan, new_show(), new_key()) for _ in range(CROWD)])

    assert tally(answers) == {"done": 3, "insufficient_balance": CROWD - 3}
    assert balance(owner, fan) == (5, 0)


# A show that ends, starts or is cancelled meanwhile


def test_a_cancellation_meets_purchases_and_every_coin_comes_back(
    pool: Pool, owner: Owner, new_show: NewShow, host: UUID, fifty: list[UUID]
) -> None:
    for attempt in range(5):
        the_show = new_show()
        buyers = fifty[attempt * 10 : attempt * 10 + 10]
        calls = [client.buy_seat(one, the_show, new_key()) for one in buyers]
        calls.insert(attempt * 2, client.cancel_show(host, the_show, new_key()))

        answers = race(pool, calls)

        cancelled = answered(answers.pop(attempt * 2))["response"]
        assert refuses(answers) <= {"show_not_on_sale", "not_found"}
        assert cancelled["tickets_refunded"] == tally(answers)["done"]
        assert cancelled["coins_refunded"] == 30 * tally(answers)["done"]
        assert coins(owner, buyers) == 1000


def test_a_start_meets_a_cancellation_and_one_of_them_wins(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, new_show: NewShow
) -> None:
    fund(fan, 300)
    for _ in range(8):
        the_show = new_show()
        client.make(pool, client.buy_seat(fan, the_show, new_key()))
        before, _ = balance(owner, fan)

        answers = race(
            pool,
            [
                *(client.start_show(host, the_show) for _ in range(3)),
                *(client.cancel_show(host, the_show, new_key()) for _ in range(3)),
            ],
        )

        assert tally(answers) == {"done": 3, "show_not_scheduled": 3}
        started = state(owner, the_show) == "live"
        assert balance(owner, fan) == (before if started else before + 30, 0)


def test_an_end_that_set_off_before_the_start_does_not_end_before_it(
    pool: Pool, owner: Owner, host: UUID, new_show: NewShow
) -> None:
    """The clock is the transaction's: it stood when the end began to wait for its key."""
    the_show = new_show(price=0)
    with ThreadPoolExecutor(1) as thread:
        with owner.transaction(force_rollback=True):
            owner.execute(
                "insert into ledger.idempotency_keys values (%s, 'show_end', 'waits', 'h')", (host,)
            )
            end = thread.submit(client.make, pool, client.end_show(host, the_show, "waits"))
            wait_until_somebody_waits(owner)
            client.make(pool, client.start_show(host, the_show))
        ended = end.result()["response"]

    assert ended["ended_at"] == ended["started_at"]
    assert ended["duration_seconds"] == 0


def wait_until_somebody_waits(owner: Owner) -> None:
    """Returns when a transaction waits for a lock of another."""
    waiting = "select from pg_stat_activity where wait_event_type = 'Lock'"
    until = time.monotonic() + PATIENCE_SECONDS
    while owner.execute(waiting).fetchone() is None:
        assert time.monotonic() < until, "nobody waits"
        time.sleep(0.01)


def test_ends_that_meet_pay_the_creator_once(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, host: UUID, new_show: NewShow
) -> None:
    buyers = [one for one in everyone.people if one != host]
    the_show = new_show()
    for one in buyers:
        fund(one, 30)
        client.make(pool, client.buy_seat(one, the_show, new_key()))
    client.make(pool, client.start_show(host, the_show))

    answers = race(pool, [client.end_show(host, the_show, new_key()) for _ in range(CROWD)])

    assert {repr(answered(answer)["response"]["earnings"]) for answer in answers} == {"90"}
    assert balance(owner, host) == (90, 0)


def test_cancellations_that_meet_refund_once(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, new_show: NewShow
) -> None:
    fund(fan, 30)
    the_show = new_show()
    client.make(pool, client.buy_seat(fan, the_show, new_key()))

    answers = race(pool, [client.cancel_show(host, the_show, new_key()) for _ in range(CROWD)])

    assert tally(answers) == {"done": CROWD}
    assert balance(owner, fan) == (30, 0)


def test_an_end_meets_purchases_and_pays_for_each_ticket_that_was_sold(
    pool: Pool, owner: Owner, new_show: NewShow, host: UUID, fifty: list[UUID]
) -> None:
    the_show = new_show()
    client.make(pool, client.start_show(host, the_show))
    calls = [client.buy_seat(one, the_show, new_key()) for one in fifty[:20]]
    calls.insert(6, client.end_show(host, the_show, new_key()))

    answers = race(pool, calls)

    ended = answered(answers.pop(6))["response"]
    assert refuses(answers) <= {"show_not_on_sale"}
    assert ended["earnings"] == 30 * tally(answers)["done"] == balance(owner, host)[0]


def test_the_job_meets_a_late_start_and_one_of_them_wins(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, new_show: NewShow
) -> None:
    fund(fan, 300)
    for _ in range(8):
        the_show = new_show(late="31 minutes")
        client.make(pool, client.buy_seat(fan, the_show, new_key()))
        before, _ = balance(owner, fan)

        started, *settled = race(
            pool,
            [
                client.start_show(host, the_show),
                *(client.settle_overdue_show(the_show) for _ in range(3)),
            ],
        )

        expired = sum(answered(answer)["done"] for answer in settled)
        assert (started == "show_not_scheduled", expired) in ((True, 1), (False, 0))
        assert balance(owner, fan) == (before + 30 * expired, 0)


def test_a_creator_who_is_suspended_while_a_show_ends_loses_the_others_only(
    pool: Pool, owner: Owner, database: Database, host: UUID, new_show: NewShow
) -> None:
    ending, scheduled = sorted(new_show(price=0) for _ in range(2))
    client.make(pool, client.start_show(host, ending))

    with ThreadPoolExecutor(1) as thread, database.connection() as other:
        with other.transaction():
            other.execute("select ledger.wind_up_show(%s, 'end', 'q')", (ending,))
            suspended = thread.submit(
                owner.execute, "select private.cancel_shows_of(%s) as cancelled", (host,)
            )
            wait_until_somebody_waits(other)
        assert suspended.result().fetchone() == {"cancelled": 1}

    assert (state(owner, ending), state(owner, scheduled)) == ("ended", "cancelled")


def test_a_suspension_against_buyers_refunds_every_ticket_that_was_sold(
    pool: Pool, owner: Owner, database: Database, fifty: list[UUID], deadlocks: Callable[[], int]
) -> None:
    for attempt in range(4):
        (creator,) = cast(owner, 1).people
        shows = [show(owner, creator) for _ in range(2)]
        buyers = fifty[attempt * 10 : attempt * 10 + 10]

        with database.connection() as desk, ThreadPoolExecutor(1) as admin:
            suspended = admin.submit(suspend, desk, creator)
            answers = race(
                pool,
                [client.buy_seat(one, shows[n % 2], new_key()) for n, one in enumerate(buyers)],
            )
            suspended.result()

        assert tally(answers).keys() <= {"done", "not_found", "show_not_on_sale"}
        assert {state(owner, one) for one in shows} == {"cancelled"}
        assert coins(owner, buyers) == 1000
        assert balance(owner, creator) == (0, 0)
    assert deadlocks() == 0


def suspend(desk: Owner, person_id: UUID) -> None:
    """As the admin desk does, and then at once the job."""
    desk.execute(
        "update public.users set status = 'suspended', suspended_at = now() where id = %s",
        (person_id,),
    )
    step = "select ledger.enforce_suspension(%s, 100, 'q') as closed"
    while (row := desk.execute(step, (person_id,)).fetchone()) and row["closed"]:
        pass


def test_a_price_never_changes_under_a_buyer(
    pool: Pool, owner: Owner, new_show: NewShow, host: UUID, fifty: list[UUID]
) -> None:
    for attempt in range(5):
        the_show = new_show()
        buyers = fifty[attempt * 10 : attempt * 10 + 6]
        calls = [client.buy_seat(one, the_show, new_key()) for one in buyers]
        calls.insert(attempt, client.reschedule(host, the_show, '{"ticket_price": 40}'))

        answers = race(pool, calls)

        changed = not isinstance(answers.pop(attempt), str)
        prices = {answered(answer)["response"]["ticket"]["price"] for answer in answers}
        assert prices == {40 if changed else 30}


def test_seats_are_never_fewer_than_tickets(
    pool: Pool, owner: Owner, new_show: NewShow, host: UUID, fifty: list[UUID]
) -> None:
    for attempt in range(5):
        the_show = new_show(seats=20)
        buyers = fifty[attempt * 10 : attempt * 10 + 10]
        calls = [client.buy_seat(one, the_show, new_key()) for one in buyers]
        calls.insert(attempt, client.reschedule(host, the_show, '{"max_tickets": 4}'))

        answers = race(pool, calls)

        shrunk = not isinstance(answers.pop(attempt), str)
        assert refuses(answers) <= {"sold_out"}
        assert tally(answers)["done"] <= (4 if shrunk else 10)
        assert len(numbers(owner, the_show)) == tally(answers)["done"]


# The order of the locks


def test_a_refund_waits_for_nobodys_wallet(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, host: UUID, new_show: NewShow
) -> None:
    buyers = [one for one in everyone.people if one != host]
    cancelled, ended = new_show(), new_show()
    for one in buyers:
        fund(one, 60)
        for the_show in (cancelled, ended):
            client.make(pool, client.buy_seat(one, the_show, new_key()))
    client.make(pool, client.start_show(host, ended))

    with owner.transaction():
        owner.execute("select from public.wallets for no key update")
        answers = race(
            pool,
            [
                client.cancel_show(host, cancelled, new_key()),
                client.end_show(host, ended, new_key()),
            ],
        )

    assert tally(answers) == {"done": 2}
    assert [balance(owner, one) for one in buyers] == [(30, 0)] * 3
    assert balance(owner, host) == (90, 0)


def test_who_is_too_late_does_not_queue_with_those_who_may_still_buy(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, new_show: NewShow
) -> None:
    first, _, second, _ = everyone.people
    the_show = new_show(seats=1)
    for one in (first, second):
        fund(one, 100)
    client.make(pool, client.buy_seat(first, the_show, new_key()))

    with owner.transaction():
        owner.execute("select from public.shows where id = %s for no key update", (the_show,))
        answers = race(pool, [client.buy_seat(one, the_show, new_key()) for one in (first, second)])

    assert answers == ["ticket_exists", "sold_out"]


def test_no_mix_of_operations_on_shows_deadlocks(
    pool: Pool, owner: Owner, fund: Fund, everyone: Cast, seed: int, deadlocks: Callable[[], int]
) -> None:
    """Everybody has shows, buys the others' tickets, and gifts, while shows come and go."""
    for one in everyone.people:
        fund(one, 600)
    shows = {one: [show(owner, one, price=7) for _ in range(6)] for one in everyone.people}

    def act(number: int) -> None:
        dice = random.Random(seed + number)  # noqa: S311
        for _ in range(40):
            try:
                client.make_all(pool, any_call(dice, everyone, shows))
            except client.Refused as refusal:
                assert str(refusal) in REFUSALS, refusal  # noqa: PT017 - any other is raised

    together(CROWD, act)

    assert deadlocks() == 0


def any_call(dice: random.Random, everyone: Cast, shows: dict[UUID, list[UUID]]) -> Call:
    """Something that two people may do with a show of one of them."""
    one, other = dice.sample(range(len(everyone.people)), 2)
    buyer, creator = everyone.people[one], everyone.people[other]
    chosen = dice.choice(shows[creator])
    later = datetime.now(UTC) + timedelta(hours=dice.randrange(1, 9))
    moved = json.dumps({"scheduled_start": later.isoformat()})
    choices: list[Callable[[], Call]] = [
        *([lambda: client.buy_seat(buyer, chosen, new_key())] * 6),
        lambda: client.cancel_show(creator, chosen, new_key()),
        lambda: client.start_show(creator, chosen),
        lambda: client.end_show(creator, chosen, new_key()),
        lambda: client.settle_overdue_show(chosen),
        lambda: client.reschedule(creator, chosen, moved),
        lambda: client.remind(buyer, chosen),
        lambda: client.remind(buyer, chosen),
        client.claim_reminders,
        lambda: client.gift(buyer, everyone.streams[other], 10, 1, new_key()),
        client.fold,
    ]
    return dice.choice(choices)()


# Many tickets


def test_a_show_with_thousands_of_tickets_is_cancelled_in_one_go(
    pool: Pool, owner: Owner, everyone: Cast, host: UUID, new_show: NewShow
) -> None:
    the_show = new_show()
    sell_to_a_crowd(owner, everyone.admin, the_show, 5_000)

    cancelled = client.make(pool, client.cancel_show(host, the_show, new_key()))["response"]

    assert (cancelled["tickets_refunded"], cancelled["coins_refunded"]) == (5_000, 150_000)


def sell_to_a_crowd(owner: Owner, admin: UUID, the_show: UUID, tickets: int) -> None:
    """Sells a ticket to so many new people, each by the function that always does."""
    crowd = {"admin": admin, "show": the_show, "tickets": tickets, "name": the_show.hex[:8]}
    owner.execute(
        """
        insert into auth.users (id, email, raw_user_meta_data)
        select
          gen_random_uuid(),
          format('%%s@%%s.example', n, %(name)s::text),
          jsonb_build_object('username', format('c%%s_%%s', n, %(name)s::text))
        from generate_series(1, %(tickets)s) n
        """,
        crowd,
    )
    for statement in (
        "select ledger.adjust(%(admin)s, u.id, 30, 'r', u.id::text, 'h', 'q')",
        "select ledger.buy_show_ticket(u.id, %(show)s, u.id::text, 'h', 'q')",
    ):
        members = " from public.users u where u.email like '%%@' || %(name)s || '.example'"
        owner.execute((statement + members).encode(), crowd)
