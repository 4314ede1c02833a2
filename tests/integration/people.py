"""People to test with: real accounts of Supabase Auth, each test its own."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
from psycopg import sql

from limelight.http import accounts
from local.services.backing import Backing
from tests.integration.api import Api

type Owner = psycopg.Connection[tuple[Any, ...]]
"""The database as its owner sees it."""

type Fund = Callable[["Person", int], None]
"""Gives a person coins."""

type OpenStream = Callable[..., str]
"""Opens a stream with the fields given and answers its id."""

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a valid token."""

    id: UUID
    username: str
    email: str
    token: str


class People:
    """Makes accounts and changes what only the platform may change about them."""

    def __init__(self, backing: Backing, owner: Owner) -> None:
        self._backing = backing
        self._owner = owner
        self._api = Api()
        self._http = httpx.Client(
            base_url=backing.supabase_url, headers={"apikey": backing.publishable_key}
        )

    def fan(self, name: str = "fan") -> Person:
        """An active account without any role."""
        username = f"{name}{next(_numbers)}_{uuid4().hex[:6]}"[:20]
        email = f"{username}@example.com"
        answer = self._http.post(
            "/auth/v1/signup",
            json={"email": email, "password": PASSWORD, "data": {"username": username}},
        ).raise_for_status()
        session = answer.json()
        return Person(UUID(session["user"]["id"]), username, email, session["access_token"])

    def creator(self, name: str = "creator") -> Person:
        """An active, verified creator."""
        person = self.fan(name)
        self.set(person, role="creator")
        return person

    def admin(self) -> Person:
        """An active admin."""
        person = self.fan("admin")
        self.set(person, role="admin")
        return person

    def set(self, person: Person, **columns: object) -> None:
        """Changes columns of a person's `users` row, as the platform would."""
        for column, value in columns.items():
            self._owner.execute(
                sql.SQL("update public.users set {} = %s where id = %s").format(
                    sql.Identifier(column)
                ),
                (value, person.id),
            )
        accounts.cache.clear()

    def suspend(self, person: Person) -> None:
        """Suspends a person; the kernel's cache is told, as a minute would tell it."""
        self._owner.execute(
            "update public.users set status = 'suspended', suspended_at = now() where id = %s",
            (person.id,),
        )
        accounts.cache.clear()

    def block(self, blocker: Person, blocked: Person) -> None:
        self._owner.execute(
            "insert into public.blocked_users (blocker_id, blocked_id) values (%s, %s)",
            (blocker.id, blocked.id),
        )

    def follow(self, follower: Person, followee: Person) -> None:
        self._owner.execute(
            "insert into public.follows (follower_id, followee_id) values (%s, %s)",
            (follower.id, followee.id),
        )

    def ban(self, stream: str, person: Person) -> None:
        self._owner.execute(
            "insert into public.stream_bans (stream_id, user_id) values (%s, %s)",
            (stream, person.id),
        )

    def sell_ticket(self, stream: str, person: Person) -> None:
        """Has a person buy the ticket of a ticketed stream, with coins that are given for it."""
        path = f"/api/streams/{stream}/ticket"
        price = self._api.get(path, person.token).json["ticketPrice"]
        self._owner.execute(
            "select ledger.adjust(%(user)s, %(user)s, %(price)s, 'a seat', %(key)s, 'h', 'q')",
            {"user": person.id, "price": price, "key": str(uuid4())},
        )
        bought = self._api.post(path, person.token, key=str(uuid4()))
        assert bought.status == 201, bought.text

    def row(self, statement: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        """One row as the database's owner sees it."""
        cursor = self._owner.execute(statement, params)
        columns = [column.name for column in cursor.description or ()]
        row = cursor.fetchone()
        assert row is not None, "no such row"
        return dict(zip(columns, row, strict=True))

    def close(self) -> None:
        self._http.close()
