"""Calls between people with wallets: what either party and the sweeps ask of the ledger."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql

from lambda_pool import Pool
from limelight.calls import queries as calls
from limelight.money import queries
from tests.money import client
from tests.money.client import Call, Row
from tests.money.racing import new_key
from tests.money.world import Owner

RATE = 10
MINIMUM = 5


class Clock:
    """`private.now()`, standing still at the moment that it was last put to."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.moment = datetime.now(UTC)
        self.advance()

    def advance(self, **amount: float) -> None:
        """Time passes: `advance(minutes=5)`."""
        self.moment += timedelta(**amount)
        self._define(sql.SQL("{}::timestamptz").format(sql.Literal(self.moment.isoformat())))

    def release(self) -> None:
        """The clock goes on as clocks do."""
        self._define(sql.SQL("now()"))

    def _define(self, expression: sql.Composable) -> None:
        self._owner.execute(
            sql.SQL(
                """
                create or replace function private.now()
                returns timestamptz
                language sql
                stable
                set search_path = ''
                as $$ select {} $$
                """
            ).format(expression)
        )


def take_calls(owner: Owner, creator: UUID, rate: int = RATE, minimum: int = MINIMUM) -> None:
    """Makes somebody a creator who takes calls on these terms."""
    owner.execute("update public.users set role = 'creator' where id = %s", (creator,))
    owner.execute(
        """
        insert into public.creator_settings (
          user_id, call_rate_per_minute, minimum_call_duration, is_available_for_calls
        )
        values (%s, %s, %s, true)
        on conflict (user_id) do update
        set call_rate_per_minute = excluded.call_rate_per_minute,
            minimum_call_duration = excluded.minimum_call_duration,
            is_available_for_calls = true
        """,
        (creator, rate, minimum),
    )


def request(fan: UUID, creator: UUID, minutes: int | None = None, key: str = "") -> Call:
    return _once(
        queries.REQUEST_CALL, key, fan_id=fan, creator_id=creator, estimated_minutes=minutes
    )


def accept(call: str, creator: UUID) -> Call:
    return Call(calls.ACCEPT, {"call_id": call, "caller_id": creator})


def start(call: str, party: UUID) -> Call:
    return Call(calls.START, {"call_id": call, "caller_id": party})


def reject(call: str, creator: UUID, key: str = "") -> Call:
    return _once(queries.REJECT_CALL, key, call_id=call, caller_id=creator)


def cancel(call: str, party: UUID, key: str = "") -> Call:
    return _once(queries.CANCEL_CALL, key, call_id=call, caller_id=party)


def end(call: str, party: UUID, key: str = "") -> Call:
    return _once(queries.END_CALL, key, call_id=call, caller_id=party)


def expire(call: str) -> Call:
    return Call(queries.EXPIRE_CALL, {"call_id": call, "request_id": "q"})


def extend(call: str) -> Call:
    return Call(queries.EXTEND_CALL, {"call_id": call, "request_id": "q"})


def enforce(person: UUID) -> Call:
    """One step of the job that closes what somebody has open who was shut out."""
    return Call(queries.ENFORCE_SUSPENSION, {"user_id": person, "batch": 100})


def pending(pool: Pool, fan: UUID, creator: UUID, minutes: int | None = None) -> str:
    """The id of a new call that waits for the creator."""
    opened = client.make(pool, request(fan, creator, minutes))
    return str(opened["response"]["call"]["id"])


def accepted(pool: Pool, fan: UUID, creator: UUID, minutes: int | None = None) -> str:
    """The id of a new call that the creator has taken."""
    call = pending(pool, fan, creator, minutes)
    client.make(pool, accept(call, creator))
    return call


def active(pool: Pool, fan: UUID, creator: UUID, minutes: int | None = None) -> str:
    """The id of a new call that both have joined."""
    call = accepted(pool, fan, creator, minutes)
    for party in (fan, creator):
        client.make(pool, start(call, party))
    return call


def row(owner: Owner, call: str) -> Row:
    """A call as it is in the table."""
    found = owner.execute("select * from public.calls where id = %s", (call,)).fetchone()
    assert found is not None
    return found


def payments(owner: Owner, call: str) -> int:
    """How many transfers a call has brought about."""
    found = owner.execute(
        """
        select count(*) as n
        from public.transfers
        where subject_type = 'call'
          and subject_id = %s
        """,
        (call,),
    ).fetchone()
    assert found is not None
    return int(found["n"])


def _once(query: Any, key: str, **params: object) -> Call:
    once = {"key": key or new_key(), "payload_hash": "h", "request_id": "q"}
    return Call(query, {**params, **once})
