"""The PostgreSQL behind the pooler: migrated, with a table to lose answers about, and killable."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from local.gateway.bootstrap import bootstrap
from local.host.processes import Supervisor
from local.host.state import State
from local.services.migrate import migrate
from local.services.postgres import Server, start_postgres
from tests.faults.pooler import ROLE

SCHEMA = """
create schema faults;

create table faults.entries (
  key text primary key,
  amount bigint not null
);

-- What a repeatable call does: the second time it answers what the first one did.
create function faults.enter(p_key text, p_amount bigint) returns bigint
  language plpgsql
  security definer
  set search_path = ''
as $$
begin
  insert into faults.entries values (p_key, p_amount) on conflict do nothing;
  return (select amount from faults.entries where key = p_key);
end;
$$;

grant usage on schema faults to limelight_backend;
grant select, insert, update on faults.entries to limelight_backend;
grant execute on function faults.enter to limelight_backend;
"""


class Database:
    """A throw-away cluster, made as the migrations make a project.

    One that is `durable` keeps what was committed whenever it is killed.
    """

    def __init__(
        self, supervisor: Supervisor, state: State, port: int, *, durable: bool = False
    ) -> None:
        self._supervisor = supervisor
        self._state = state
        self._durable = durable
        self._server = start_postgres(supervisor, state, port, durable=durable)
        bootstrap(self._server.url)
        migrate(self._server.url)
        self.allow_login(state.password(ROLE))
        self.owner(SCHEMA)

    @property
    def server(self) -> Server:
        return self._server

    def owner(self, statement: str, *params: object) -> list[DictRow]:
        """Runs a statement as the database's owner, past the pooler."""
        with self.connection() as connection:
            cursor = connection.execute(statement.encode(), params or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        """The owner's own connection, in autocommit."""
        with psycopg.connect(self._server.url, autocommit=True, row_factory=dict_row) as connection:
            yield connection

    def allow_login(self, password: str) -> None:
        """Sets the password of the functions' role."""
        statement = sql.SQL("alter role {} login password {}")
        with self.connection() as connection:
            connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(password)))

    def terminate_backends(self) -> set[int]:
        """Ends every server connection of the functions' role, as a failover does.

        They are told so, and end soon after; which ones they are is answered.
        """
        told = self.owner(
            "select pid, pg_terminate_backend(pid) from pg_stat_activity where usename = %s", ROLE
        )
        return {row["pid"] for row in told}

    def running(self, text: str) -> int:
        """How many statements with `text` in them run now."""
        found = self.owner(
            "select pid from pg_stat_activity"
            " where usename = %s and state <> 'idle' and position(%s in query) > 0",
            *(ROLE, text),
        )
        return len(found)

    def wait_until_runs(self, text: str) -> None:
        """Returns when a statement with `text` in it runs at the server."""
        give_up = time.monotonic() + 5
        while not self.running(text):
            assert time.monotonic() < give_up, f"{text} does not run"
            time.sleep(0.02)

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Within, somebody else holds the entry's row."""
        with self.connection() as other, other.transaction():
            other.execute("select from faults.entries where key = %s for update", (key,))
            yield

    @contextmanager
    def down(self) -> Iterator[None]:
        """Within, PostgreSQL is gone as after a crash (immediate shutdown); then it recovers."""
        if not self._durable:
            self.owner("checkpoint")  # it would forget what it was told
        process = self._server.child.process
        process.send_signal(signal.SIGQUIT)
        process.wait(10)
        self._supervisor.stop(self._server.child)
        try:
            yield
        finally:
            self._server = start_postgres(
                self._supervisor, self._state, self._server.port, durable=self._durable
            )

    def entry(self, key: str) -> list[Any]:
        """The amounts under a key: none or one."""
        return [row["amount"] for row in self._entries(key)]

    def _entries(self, key: str) -> list[DictRow]:
        return self.owner("select amount from faults.entries where key = %s", key)
