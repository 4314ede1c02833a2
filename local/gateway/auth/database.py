"""How Auth talks to the database: one pool, and transactions that run as Auth's own role."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from local.gateway.settings import GatewaySettings

type Row = dict[str, Any]
type Connection = psycopg.AsyncConnection[Row]
type Pool = AsyncConnectionPool[Connection]

AUTH_ROLE = "supabase_auth_admin"


class Database:
    """Auth's pool.

    On a hosted project Auth logs in as `supabase_auth_admin` with `search_path = auth`, so a
    trigger on `auth.users` that forgets `security definer` or a schema name fails there. It must
    fail here too: every transaction takes that role, unless this user may not (then it runs as
    the user that connects).
    """

    def __init__(self, settings: GatewaySettings, *, name: str = "auth") -> None:
        self._role = "none"
        self._pool: Pool = AsyncConnectionPool(
            settings.database_url,
            min_size=1,
            max_size=5,
            timeout=10,
            open=False,
            name=name,
            kwargs={"autocommit": True, "prepare_threshold": None, "row_factory": dict_row},
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        await self._pool.open(wait=True, timeout=10)
        async with self._pool.connection() as connection:
            self._role = await _role_to_take(connection)

    async def close(self) -> None:
        await self._pool.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed at the end, rolled back by an exception."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(
                """
                select
                  set_config('role', %(role)s, true),
                  set_config('search_path', 'auth', true)
                """,
                {"role": self._role},
            )
            yield connection

    @asynccontextmanager
    async def owner_transaction(self) -> AsyncIterator[Connection]:
        """One transaction as the user that connects: for what Auth's role may not touch."""
        async with self._pool.connection() as connection, connection.transaction():
            yield connection

    async def ping(self) -> None:
        """Raise `psycopg.Error` unless a connection answers soon."""
        async with self._pool.connection(timeout=2) as connection:
            await connection.execute("select 1")


async def _role_to_take(connection: Connection) -> str:
    cursor = await connection.execute(
        """
        select pg_has_role(current_user, r.oid, 'member')
          and has_table_privilege(r.oid, 'auth.users', 'insert') as allowed
        from pg_roles as r
        where r.rolname = %(role)s
        """,
        {"role": AUTH_ROLE},
    )
    row = await cursor.fetchone()
    return AUTH_ROLE if row is not None and row["allowed"] else "none"
