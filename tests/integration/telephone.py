"""Calls to test with: a fan, a creator who takes calls, and what either of them does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from psycopg import sql

from tests.integration.api import UNSET, Answer, Api, Post
from tests.integration.people import Fund, Owner, People, Person

PAID = ("reject", "cancel", "end")
"""The actions on a call that take a key."""


def take_calls(
    owner: Owner,
    creator: Person,
    *,
    rate: int = 10,
    minimum: int = 5,
    available: bool = True,
    auto_accept: bool = False,
) -> None:
    """The terms on which a creator takes calls from now on."""
    owner.execute(
        """
        insert into public.creator_settings (
          user_id, call_rate_per_minute, minimum_call_duration, is_available_for_calls,
          auto_accept_calls
        )
        values (%s, %s, %s, %s, %s)
        on conflict (user_id) do update
        set call_rate_per_minute = excluded.call_rate_per_minute,
            minimum_call_duration = excluded.minimum_call_duration,
            is_available_for_calls = excluded.is_available_for_calls,
            auto_accept_calls = excluded.auto_accept_calls
        """,
        (creator.id, rate, minimum, available, auto_accept),
    )


@dataclass(frozen=True)
class Telephone:
    """The two ends of a line."""

    api: Api
    fan: Person
    creator: Person

    def of(self, fan: Person) -> "Telephone":
        """The line of another fan to the same creator."""
        return replace(self, fan=fan)

    def request(self, minutes: object = None, key: str = "") -> Answer:
        """The fan asks for a call; a new key unless one is given."""
        return self.api.pay("/api/calls/request", self.fan.token, self.wish(minutes), key or None)

    def wish(self, minutes: object = None) -> dict[str, object]:
        """The body of a request."""
        estimate = {} if minutes is None else {"estimatedMinutes": minutes}
        return {"creatorId": str(self.creator.id)} | estimate

    def act(self, call: str, action: str, who: Person, key: str = "") -> Answer:
        """Somebody does something about a call."""
        path = f"/api/calls/{call}/{action}"
        if action in PAID:
            return self.api.pay(path, who.token, UNSET, key or None)
        return self.api.post(path, who.token)

    def post(self, call: str, action: str, who: Person) -> Post:
        """The same as one of several requests that are sent at once."""
        return Post(f"/api/calls/{call}/{action}", who.token)

    def get(self, call: str) -> Any:
        """The call as the fan sees it."""
        answer = self.api.get(f"/api/calls/{call}", self.fan.token)
        assert answer.status == 200, answer.text
        return answer.json

    def pending(self, minutes: int | None = None) -> str:
        """The id of a new call that waits for the creator."""
        answer = self.request(minutes)
        assert answer.status == 201, answer.text
        return str(answer.json["call"]["id"])

    def accepted(self, minutes: int | None = None) -> str:
        """The id of a new call that the creator has taken."""
        call = self.pending(minutes)
        answer = self.act(call, "accept", self.creator)
        assert answer.status == 200, answer.text
        return call

    def active(self, minutes: int | None = None) -> str:
        """The id of a new call that both have joined."""
        call = self.accepted(minutes)
        for who in (self.fan, self.creator):
            answer = self.act(call, "start", who)
            assert answer.status == 200, answer.text
        return call


def callers(people: People, line: Telephone, fund: Fund, count: int) -> list[Telephone]:
    """Lines of so many new fans with coins to the same creator."""
    lines = []
    for _ in range(count):
        fan = people.fan()
        fund(fan, 1000)
        lines.append(line.of(fan))
    return lines


@contextmanager
def untouchable(owner: Owner, call: str) -> Iterator[None]:
    """Whoever changes this call fails, for a reason that nobody thought of."""
    owner.execute(
        sql.SQL(
            """
            create trigger broken before update on public.calls
            for each row when (old.id = {}::uuid)
            execute function ledger.refuse_rewrite()
            """
        ).format(sql.Literal(call))
    )
    try:
        yield
    finally:
        owner.execute("drop trigger broken on public.calls")


def wallet(api: Api, person: Person) -> tuple[int, int]:
    """What a person has, and what of it is held."""
    shown = api.get("/api/wallet/balance", person.token).json
    return int(shown["balance"]), int(shown["heldBalance"])


def told(owner: Owner, person: Person) -> list[dict[str, Any]]:
    """What a person's topic was told of calls, oldest first."""
    rows = owner.execute(
        "select payload from public.outbox where topic = %s and event = 'call' order by id",
        (f"user:{person.id}",),
    )
    return [payload for (payload,) in rows]


def hold_of(owner: Owner, call: str) -> tuple[str, int, int]:
    """The status, amount and captured coins of a call's hold."""
    row = owner.execute(
        """
        select h.status, h.amount, h.captured
        from public.calls c
        join public.holds h on h.id = c.hold_id
        where c.id = %s
        """,
        (call,),
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def nobody() -> str:
    """The id of a call that never was."""
    return str(uuid4())
