"""Invariants 5, 6 and 13 of tips, tickets and goals: whoever meets at one stream."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from lambda_pool import Pool
from tests.faults.database import Database
from tests.money import client
from tests.money.racing import (
    CROWD,
    Fund,
    answered,
    ask,
    balance,
    new_key,
    race,
    tally,
    together,
)
from tests.money.world import TICKET, Cast, Owner, goals, new_goal


@pytest.fixture
def premiere(everyone: Cast) -> UUID:
    """The host's stream that needs a ticket."""
    return everyone.premieres[1]


@pytest.fixture
def givers(everyone: Cast, fund: Fund) -> list[UUID]:
    """Everybody but the host, with coins."""
    people = [everyone.people[0], everyone.people[2], everyone.people[3]]
    for person in people:
        fund(person, 1000)
    return people


def completions(owner: Owner, stage: UUID) -> list[dict[str, Any]]:
    """What listeners were told of goals that were reached."""
    rows = owner.execute(
        "select payload from public.outbox where topic = %s and event = 'goal' order by id",
        (f"stream:{stage}",),
    )
    return [row["payload"] for row in rows if row["payload"]["status"] == "completed"]


# Tips


def test_duplicates_of_one_tip_are_one_tip_with_one_answer(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, stage: UUID
) -> None:
    fund(fan, 100)

    answers = race(pool, [client.tip(fan, stage, 10, "same")] * CROWD)

    assert len({repr(answered(answer)["response"]) for answer in answers}) == 1
    assert sum(not answered(answer)["replayed"] for answer in answers) == 1
    assert (balance(owner, fan), balance(owner, host)) == ((90, 0), (10, 0))


def test_gifts_and_tips_of_one_fan_share_what_there_is(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, stage: UUID
) -> None:
    fund(fan, 39)
    calls = [
        *(client.gift(fan, stage, 10, 1, new_key()) for _ in range(4)),
        *(client.tip(fan, stage, 10, new_key()) for _ in range(4)),
    ]

    answers = race(pool, calls)

    assert tally(answers) == {"done": 3, "insufficient_balance": 5}
    assert (balance(owner, fan), balance(owner, host)) == ((9, 0), (30, 0))


@pytest.mark.usefixtures("a_fee")
def test_tips_and_tickets_wait_for_no_creator_and_no_system_account(
    pool: Pool, owner: Owner, givers: list[UUID], host: UUID, stage: UUID, premiere: UUID
) -> None:
    with owner.transaction():
        owner.execute(
            "select from public.wallets"
            " where system_account is not null or user_id = %s for no key update",
            (host,),
        )
        answers = race(
            pool,
            [
                *(client.tip(one, stage, 10, new_key()) for one in givers),
                *(client.buy_ticket(one, premiere, new_key()) for one in givers),
            ],
        )

    assert tally(answers) == {"done": 6}
    assert balance(owner, host) == (3 * 8 + 3 * 24, 0)


# Tickets


def test_one_buyer_has_one_ticket_and_one_charge_however_often_they_ask_at_once(
    pool: Pool, owner: Owner, fund: Fund, fan: UUID, host: UUID, premiere: UUID
) -> None:
    fund(fan, 3 * TICKET)

    answers = race(pool, [client.buy_ticket(fan, premiere, new_key()) for _ in range(CROWD)])

    assert tally(answers) == {"done": 1, "ticket_exists": CROWD - 1}
    assert (balance(owner, fan), balance(owner, host)) == ((2 * TICKET, 0), (TICKET, 0))


def test_a_second_ticket_is_one_too_many_even_for_who_can_pay_only_one(
    pool: Pool, owner: Owner, database: Database, fund: Fund, fan: UUID, premiere: UUID
) -> None:
    fund(fan, TICKET)
    with ThreadPoolExecutor(2) as buyers:
        with owner.transaction():
            owner.execute("select from public.wallets where user_id = %s for update", (fan,))
            buying = [
                buyers.submit(ask, pool, client.buy_ticket(fan, premiere, new_key()))
                for _ in range(2)
            ]
            waits_for_a_lock(database, "ledger.buy_ticket", times=2)

        assert tally(one.result() for one in buying) == {"done": 1, "ticket_exists": 1}

    assert balance(owner, fan) == (0, 0)


def test_who_buys_while_the_stream_ends_waits_and_keeps_their_coins(
    pool: Pool, owner: Owner, database: Database, givers: list[UUID], premiere: UUID
) -> None:
    start(owner, premiere)
    with ThreadPoolExecutor(len(givers)) as buyers:
        with owner.transaction():
            owner.execute("select private.end_streams(array[%s])", (premiere,))
            buying = [
                buyers.submit(ask, pool, client.buy_ticket(one, premiere, new_key()))
                for one in givers
            ]
            waits_for_a_lock(database, "ledger.buy_ticket")

        answers = [one.result() for one in buying]

    assert tally(answers) == {"stream_ended": len(givers)}
    assert {balance(owner, one) for one in givers} == {(1000, 0)}


def test_a_stream_does_not_end_between_a_buyers_look_and_their_purchase(
    owner: Owner, database: Database, fund: Fund, fan: UUID, host: UUID, premiere: UUID
) -> None:
    fund(fan, TICKET)
    start(owner, premiere)
    with ThreadPoolExecutor(1) as ender:
        with owner.transaction():
            owner.execute("select ledger.buy_ticket(%s, %s, 'k', 'h', 'q')", (fan, premiere))
            ending = ender.submit(end, database, premiere)
            waits_for_a_lock(database, "private.end_streams")
            assert not ending.done()

        assert ending.result() == [premiere]

    assert balance(owner, host) == (TICKET, 0)


def test_a_host_is_heard_while_tickets_are_bought(
    owner: Owner, database: Database, fund: Fund, fan: UUID, host: UUID, premiere: UUID
) -> None:
    fund(fan, TICKET)
    start(owner, premiere)

    with owner.transaction(), database.connection() as other:
        owner.execute("select ledger.buy_ticket(%s, %s, 'k', 'h', 'q')", (fan, premiere))
        other.execute("set lock_timeout = '1s'")
        heard = other.execute("select private.see_host(%s, %s) as at", (premiere, host)).fetchone()

    assert heard is not None
    assert heard["at"] is not None


@pytest.mark.parametrize(
    ("change", "outcome", "left"),
    [
        ("update public.streams set ticket_price = 45 where id = %s", "done", 55),
        (
            "update public.streams set privacy = 'public', ticket_price = null where id = %s",
            "not_ticketed",
            100,
        ),
    ],
    ids=["another price", "no tickets any more"],
)
def test_a_buyer_waits_for_whoever_changes_the_stream_and_pays_what_it_then_costs(
    pool: Pool,
    owner: Owner,
    database: Database,
    fund: Fund,
    fan: UUID,
    premiere: UUID,
    change: LiteralString,
    outcome: str,
    left: int,
) -> None:
    fund(fan, 100)
    with ThreadPoolExecutor(1) as buyer:
        with owner.transaction():
            owner.execute(change, (premiere,))
            buying = buyer.submit(ask, pool, client.buy_ticket(fan, premiere, new_key()))
            waits_for_a_lock(database, "ledger.buy_ticket")

        assert tally([buying.result()]) == {outcome: 1}

    assert balance(owner, fan) == (left, 0)


def test_who_changes_the_terms_waits_for_a_purchase_under_way_and_locks_nobody_out(
    pool: Pool,
    owner: Owner,
    database: Database,
    fund: Fund,
    fan: UUID,
    host: UUID,
    premiere: UUID,
    deadlocks: Callable[[], int],
) -> None:
    fund(fan, TICKET)

    def raise_the_price() -> None:
        with database.connection() as other, other.transaction():
            other.execute("select from public.streams where id = %s for update", (premiere,))
            other.execute("update public.streams set ticket_price = 45 where id = %s", (premiere,))

    with ThreadPoolExecutor(2) as threads:
        with owner.transaction():
            owner.execute("select from public.wallets where user_id = %s for update", (fan,))
            buying = threads.submit(ask, pool, client.buy_ticket(fan, premiere, new_key()))
            waits_for_a_lock(database, "ledger.buy_ticket")
            changing = threads.submit(raise_the_price)
            waits_for_a_lock(database, "public.streams")

        assert tally([buying.result()]) == {"done": 1}
        changing.result()

    assert balance(owner, host) == (TICKET, 0)
    assert deadlocks() == 0


# Goals


def test_a_goal_has_all_that_was_given_at_once_and_is_completed_once(
    pool: Pool, owner: Owner, givers: list[UUID], host: UUID, stage: UUID
) -> None:
    small = new_goal(owner, stage, host, 150)
    large = new_goal(owner, stage, host, 10_000)

    def give(number: int) -> None:
        giver = givers[number % len(givers)]
        for _ in range(10):
            client.make(pool, client.gift(giver, stage, 5, 1, new_key()))
            client.make(pool, client.tip(giver, stage, 3, new_key()))

    together(CROWD, give)
    settle(owner)

    standing = goals(owner, [stage])
    assert standing[large] == (CROWD * 80, "active")
    assert standing[small][1] == "completed"
    assert 150 <= standing[small][0] <= CROWD * 80
    assert [one["goalId"] for one in completions(owner, stage)] == [str(small)]


def test_gifts_never_wait_for_a_goal(
    pool: Pool, owner: Owner, givers: list[UUID], host: UUID, stage: UUID
) -> None:
    goal = new_goal(owner, stage, host, 50)

    with owner.transaction():
        owner.execute("select from public.stream_goals where id = %s for update", (goal,))
        calls = [client.gift(giver, stage, 10, 1, new_key()) for giver in givers for _ in range(3)]
        answers = race(pool, calls)

    assert tally(answers) == {"done": 9}
    assert goals(owner, [stage]) == {goal: (90, "completed")}
    assert completions(owner, stage) == []
    settle(owner)
    assert [one["progress"] for one in completions(owner, stage)] == [90]


def test_two_who_ask_for_the_last_of_five_goals_take_turns(
    owner: Owner, database: Database, host: UUID, stage: UUID
) -> None:
    for _ in range(4):
        new_goal(owner, stage, host, 100)

    def ask_for_another() -> None:
        with database.connection() as other:
            new_goal(other, stage, host, 100)

    with ThreadPoolExecutor(1) as second:
        with owner.transaction():
            new_goal(owner, stage, host, 100)
            asking = second.submit(ask_for_another)
            waits_for_a_lock(database, "private.create_goal")

        with pytest.raises(psycopg.Error, match="too_many_goals"):
            asking.result()

    assert len(goals(owner, [stage])) == 5


def test_a_host_who_changes_and_deletes_goals_while_fans_give_locks_nobody_out(
    pool: Pool,
    owner: Owner,
    database: Database,
    givers: list[UUID],
    host: UUID,
    stage: UUID,
    deadlocks: Callable[[], int],
) -> None:
    def act(number: int) -> None:
        if number < len(givers):
            for _ in range(30):
                client.make(pool, client.tip(givers[number], stage, 1, new_key()))
            return
        with database.connection() as connection:
            for _ in range(15):
                goal = new_goal(connection, stage, host, 1000)
                for statement in (
                    """select private.change_goal(%s, %s, %s, '{"target_amount": 900}')""",
                    "select private.delete_goal(%s, %s, %s)",
                ):
                    connection.execute(statement, (stage, goal, host))
                settle(connection)

    together(len(givers) + 1, act)

    assert deadlocks() == 0
    assert balance(owner, host) == (30 * len(givers), 0)


def start(owner: Owner, stream: UUID) -> None:
    """The stream goes live, and whatever else its host had live is over."""
    owner.execute(
        """
        select private.end_streams(array_agg(s.id))
        from public.streams s
        join public.streams p on p.creator_id = s.creator_id
        where p.id = %s
        """,
        (stream,),
    )
    owner.execute(
        """
        update public.streams
        set status = 'live',
            started_at = now(),
            host_seen_at = now()
        where id = %s
        """,
        (stream,),
    )


def end(database: Database, stream: UUID) -> list[UUID]:
    """The streams that this ended."""
    rows = database.owner("select private.end_streams(array[%s]) as ended", stream)
    return [row["ended"] for row in rows]


def settle(owner: Owner) -> None:
    """Runs the job."""
    owner.execute("select private.settle_due_goals(1000)")


def waits_for_a_lock(database: Database, text: str, times: int = 1) -> None:
    """Returns when so many statements with `text` in them wait for other transactions."""
    waiting = """
    select pid
    from pg_stat_activity
    where wait_event_type = 'Lock'
      and position(%s in query) > 0
    """
    give_up = time.monotonic() + 5
    while len(database.owner(waiting, text)) < times:
        assert time.monotonic() < give_up, f"{text} waits for nobody"
        time.sleep(0.02)
