"""Which database is filled, and whether it may be."""

import ipaddress
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import errors

from local.seed.world import World

type Connection = psycopg.Connection[tuple[Any, ...]]

_SERVER = "select host(inet_server_addr())"
_STRANGERS = """
select count(*)
from (
  select
  from public.users
  where email not like 'demo\\_%@example.com'
  limit 1000
) u
"""
"""Accounts that `make run` did not make for its demo."""
_MARK = """
create schema local_seed;
create table local_seed.world as
select
  %(seed)s::bigint as seed,
  %(scale)s::double precision as scale,
  %(at)s::timestamptz as at;
create table local_seed.landmark as
select name, id
from landmark;
"""
LOCK_TIMEOUT: Final = "30s"


class SeedError(Exception):
    """The database cannot be filled; the message says why."""


def connect(database_url: str) -> Connection:
    """The owner's connection. Values go out with the statements: scripts are more than one."""
    try:
        return psycopg.connect(
            database_url, autocommit=True, connect_timeout=10, cursor_factory=psycopg.ClientCursor
        )
    except psycopg.OperationalError as error:
        raise SeedError(f"No connection to the database: {error}") from error


def foreign_host(connection: Connection) -> str | None:
    """The host's name when the server is not on this machine, be it at the end of a tunnel."""
    row = connection.execute(_SERVER).fetchone()
    addresses = (connection.info.hostaddr, row[0] if row else None)
    if all(ipaddress.ip_address(address).is_loopback for address in addresses if address):
        return None
    return connection.info.host


def holds(connection: Connection) -> World | None:
    """The world that this database was filled with; None when it may be filled.

    Raises:
        SeedError: there are accounts in it that no seed has made.
    """
    try:
        strangers = connection.execute(_STRANGERS).fetchone()
    except errors.UndefinedTable as error:
        raise SeedError("The database has no tables yet: `make migrate` makes them.") from error
    try:
        row = connection.execute("select seed, scale, at from local_seed.world").fetchone()
    except errors.UndefinedTable:
        row = None
    if row is not None:
        return World(*row)
    if strangers is not None and strangers[0]:
        raise SeedError("There are accounts in this database already: it is left as it is.")
    return None


def prepare(connection: Connection) -> None:
    """Set the transaction up to pour rows in: no triggers, room to sort, and its world's name."""
    settings = {
        "session_replication_role": "replica",
        "search_path": "",
        "timezone": "UTC",
        "jit": "off",
        "lock_timeout": LOCK_TIMEOUT,
        "work_mem": "256MB",
        "maintenance_work_mem": "512MB",
        "synchronous_commit": "off",
    }
    try:
        for name, value in settings.items():
            connection.execute("select set_config(%s, %s, true)", [name, value])
    except errors.InsufficientPrivilege as error:
        raise SeedError("Only a superuser of the database can fill it.") from error


def mark(connection: Connection, world: World) -> None:
    """Write down which world this is, and its landmarks."""
    values = {"seed": world.seed, "scale": world.scale, "at": world.at}
    connection.execute(_MARK.encode(), values)


def landmarks(connection: Connection) -> dict[str, UUID]:
    """Where there is most of everything, by name: `stream`, `creator`, `fan` and others."""
    return dict(connection.execute("select name, id from local_seed.landmark").fetchall())


def username_of(connection: Connection, user_id: UUID) -> str | None:
    """The user's name; None for the id of something else."""
    query = "select username from public.profiles where user_id = %s"
    row = connection.execute(query, [user_id]).fetchone()
    return str(row[0]) if row else None
