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
from local.backing import Backing

type Fund = Callable[["Person", int], None]
"""Gives a person coins."""

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

    def __init__(self, backing: Backing, owner: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._backing = backing
        self._owner = owner
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

    def row(self, statement: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        """One row as the database's owner sees it."""
        cursor = self._owner.execute(statement, params)
        columns = [column.name for column in cursor.description or ()]
        row = cursor.fetchone()
        assert row is not None, "no such row"
        return dict(zip(columns, row, strict=True))

    def close(self) -> None:
        self._http.close()
