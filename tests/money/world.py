"""People with wallets and live streams, and the ledger as its owner sees it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import DictRow
from psycopg.types.json import Json

from tests.faults.database import Database

type Owner = psycopg.Connection[DictRow]

GIFTS = {
    price: UUID(f"00000000-0000-4000-8000-{number:012}")
    for number, price in enumerate((1, 2, 5, 10, 20, 50, 100, 500), start=1)
}
"""The catalogue by price."""

PACKAGES = {
    coins: (UUID(f"00000000-0000-4000-9000-{number:012}"), cents)
    for number, (coins, cents) in enumerate(((20, 399), (50, 999), (100, 1699)), start=1)
}
"""Coin packages by coins: id and price in cents."""


TICKET = 30
"""What a ticket of a premiere costs."""

SECRET = "the secret"
"""What locked messages say."""


@dataclass(frozen=True, slots=True)
class Cast:
    """An admin and some people, each with a live stream of their own and a premiere to come."""

    admin: UUID
    people: list[UUID]
    streams: list[UUID]
    premieres: list[UUID]


def cast(owner: Owner, size: int) -> Cast:
    """New people, without a coin."""
    admin, *people = (person(owner) for _ in range(size + 1))
    owner.execute("update public.users set role = 'admin' where id = %s", (admin,))
    streams = [stream(owner, one) for one in people]
    return Cast(admin, people, streams, [premiere(owner, one) for one in people])


def person(owner: Owner) -> UUID:
    """Somebody new with an empty wallet."""
    person_id = uuid4()
    name = f"p{person_id.hex[:18]}"
    owner.execute(
        "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
        (person_id, f"{name}@example.com", Json({"username": name})),
    )
    return person_id


def stream(owner: Owner, host: UUID) -> UUID:
    """A live stream that anybody may see."""
    row = owner.execute(
        """
        insert into public.streams (creator_id, title, category, status, started_at, host_seen_at)
        values (%s, 'Piano', 'music', 'live', now(), now())
        returning id
        """,
        (host,),
    ).fetchone()
    assert row is not None
    owner.execute(
        "insert into public.stream_stats (stream_id, is_live) values (%s, true)", (row["id"],)
    )
    stream_id: UUID = row["id"]
    return stream_id


def show(
    owner: Owner, creator: UUID, *, price: int = 30, seats: int | None = None, late: str = "-1 day"
) -> UUID:
    """A scheduled show that starts tomorrow, or should have begun some time ago."""
    row = owner.execute(
        """
        insert into public.shows
          (creator_id, title, show_type, ticket_price, max_tickets, scheduled_start)
        values
          (%s, 'Piano', 'qna', %s, %s, private.now() - %s::interval)
        returning id
        """,
        (creator, price, seats, late),
    ).fetchone()
    assert row is not None
    show_id: UUID = row["id"]
    return show_id


def premiere(owner: Owner, host: UUID) -> UUID:
    """A stream that needs a ticket, and is yet to begin."""
    row = owner.execute(
        """
        insert into public.streams
          (creator_id, title, category, privacy, ticket_price, status, scheduled_for)
        values (%s, 'Premiere', 'music', 'ticketed', %s, 'scheduled', now() + interval '1 day')
        returning id
        """,
        (host, TICKET),
    ).fetchone()
    assert row is not None
    owner.execute(
        "insert into public.stream_stats (stream_id, is_live) values (%s, false)", (row["id"],)
    )
    stream_id: UUID = row["id"]
    return stream_id


def new_goal(owner: Owner, stream: UUID, host: UUID, target: int) -> UUID:
    """A goal of a stream, as its host asks for it."""
    row = owner.execute(
        "select (private.create_goal(%s, %s, 'Lights', %s, null)).id", (stream, host, target)
    ).fetchone()
    assert row is not None
    goal: UUID = row["id"]
    return goal


def goals(owner: Owner, streams: list[UUID]) -> dict[UUID, tuple[int, str]]:
    """How the goals of these streams stand."""
    rows = owner.execute(
        """
        select g.id, n.progress, n.status
        from public.stream_goals g
        cross join lateral private.goal_standing(g) n
        where g.stream_id = any (%s)
        """,
        (streams,),
    )
    return {row["id"]: (row["progress"], row["status"]) for row in rows}


def balances(owner: Owner) -> dict[str, tuple[int, int]]:
    """Balance and held coins by user id or system account."""
    rows = owner.execute(
        """
        select
          coalesce(w.user_id::text, w.system_account) as name,
          (w.balance + coalesce(sum(c.amount), 0))::bigint as balance,
          w.held_balance
        from public.wallets w
        left join ledger.pending_credits c on c.wallet_id = w.id
        group by w.id
        """
    )
    return {row["name"]: (row["balance"], row["held_balance"]) for row in rows}


def conversation(owner: Owner, one: UUID, other: UUID) -> UUID:
    """Where the two of them write to each other."""
    return _write(owner, one, other, "text", None)["conversation_id"]


def locked_message(owner: Owner, sender: UUID, recipient: UUID, price: int) -> UUID:
    """A message that costs its recipient something to read."""
    return _write(owner, sender, recipient, "locked", price)["id"]


def _write(
    owner: Owner, sender: UUID, recipient: UUID, kind: str, price: int | None
) -> dict[str, UUID]:
    row = owner.execute(
        "select * from private.write_message(%s, %s, %s, %s, unlock_price => %s)",
        (sender, recipient, kind, SECRET, price),
    ).fetchone()
    assert row is not None
    return row


def debts(owner: Owner, people: list[UUID]) -> dict[str, int]:
    """What each of them still owes."""
    rows = owner.execute(
        """
        select w.user_id::text as name, coalesce(sum(d.amount - d.collected), 0)::bigint as owed
        from public.wallets w
        left join ledger.debts d on d.wallet_id = w.id
        where w.user_id = any (%s)
        group by w.user_id
        """,
        (people,),
    )
    return {row["name"]: row["owed"] for row in rows}


def calls_of(owner: Owner, fans: list[UUID]) -> dict[UUID, tuple[str, int, int, int]]:
    """The calls of these fans: status, billed minutes, charge and shortfall."""
    rows = owner.execute(
        """
        select id, status, billed_minutes, charged, shortfall
        from public.calls
        where fan_id = any (%s)
        """,
        (fans,),
    )
    return {
        row["id"]: (row["status"], row["billed_minutes"], row["charged"], row["shortfall"])
        for row in rows
    }


def shows_of(owner: Owner, creators: list[UUID]) -> dict[UUID, tuple[str, int, int]]:
    """The shows of these creators: status, tickets ever issued, tickets that are valid."""
    rows = owner.execute(
        "select id, status, issued, sold from public.shows where creator_id = any (%s)", (creators,)
    )
    return {row["id"]: (row["status"], row["issued"], row["sold"]) for row in rows}


def unlocked_by(owner: Owner, people: list[UUID]) -> set[UUID]:
    """The messages that they have paid to read."""
    rows = owner.execute(
        "select message_id from public.message_unlocks where user_id = any (%s)", (people,)
    )
    return {row["message_id"] for row in rows}


def tips_of(owner: Owner, people: list[UUID]) -> Counter[tuple[str, int]]:
    """The tips that they have sent in conversations: sender and coins."""
    rows = owner.execute(
        """
        select sender_id::text as sender, tip_amount
        from public.messages
        where kind = 'tip'
          and sender_id = any (%s)
        """,
        (people,),
    )
    return Counter((row["sender"], row["tip_amount"]) for row in rows)


def settle_the_past(owner: Owner) -> None:
    """Closes every call and every hold that there is, so that none comes due later."""
    owner.execute(
        """
        select private.cancel_open_calls(c.fan_id)
        from public.calls c
        where c.ended_at is null
        """
    )
    owner.execute("select ledger.void_hold(h.id) from public.holds h where h.status = 'active'")


def violations(owner: Owner | Database) -> list[dict[str, Any]]:
    """Every invariant that is broken."""
    statement = "select * from ledger.violations()"
    if isinstance(owner, Database):
        return list(owner.owner(statement))
    return list(owner.execute(statement))
