"""Applies `supabase/migrations` and keeps the same history table as `supabase db push`.

Either may go on where the other stopped. Each file runs in a transaction of its own, with its line
in the history, over the direct connection: a transaction pooler keeps no session, and the lock
against a second runner is the session's.
"""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import click
import psycopg
from psycopg import Connection

from local.host.state import PROJECT
from local.services.sqlfile import controls_transaction, split_statements

MIGRATIONS = PROJECT / "supabase" / "migrations"
VARIABLE = "DIRECT_DATABASE_URL"
POOLER_PORT = 6543
LOCK = "limelight migrations"
LOCK_TIMEOUT = 60.0

_FILE_NAME = re.compile(r"(?P<version>\d+)_(?P<name>.*)\.sql")

_HISTORY = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
  version text not null primary key
);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""


class MigrationError(Exception):
    """The migrations cannot be applied; the message says why and to which file it refers."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of `supabase/migrations`."""

    version: str
    name: str
    path: Path

    def statements(self) -> list[str]:
        statements = split_statements(self.path.read_text(encoding="utf-8"))
        if any(map(controls_transaction, statements)):
            raise MigrationError(
                f"{self.path.name} begins or ends a transaction: each file runs in one already."
            )
        return statements


def read_migrations(directory: Path = MIGRATIONS) -> list[Migration]:
    """The migrations of a directory, oldest first.

    Raises:
        MigrationError: a name is not `<timestamp>_name.sql`, or two files share a timestamp.
    """
    migrations: dict[str, Migration] = {}
    for path in sorted(directory.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name} is not named <timestamp>_name.sql.")
        migration = Migration(match["version"], match["name"], path)
        other = migrations.setdefault(migration.version, migration)
        if other is not migration:
            raise MigrationError(f"{path.name} and {other.path.name} share a timestamp.")
    return [migrations[version] for version in sorted(migrations)]


def migrate(
    database_url: str,
    directory: Path = MIGRATIONS,
    *,
    report: Callable[[Migration], None] = lambda _: None,
) -> list[Migration]:
    """Apply what is pending and answer it; `report` hears of each file before it runs.

    Raises:
        MigrationError: a pooler's URL, another runner at work, a history that is not this
            directory's, or a statement that failed. Files before the failing one stay applied.
    """
    _require_direct(database_url)
    migrations = read_migrations(directory)
    with _connect(database_url) as connection, _lock(connection):
        with connection.transaction():
            connection.execute(_HISTORY)
        pending = _pending(migrations, _applied(connection))
        for migration in pending:
            report(migration)
            _apply(connection, migration)
    return pending


def _require_direct(database_url: str) -> None:
    if urlsplit(database_url).port == POOLER_PORT:
        raise MigrationError(
            f"Port {POOLER_PORT} is the transaction pooler: migrations go through the direct "
            f"connection (port 5432, {VARIABLE})."
        )


def _connect(database_url: str) -> Connection:
    try:
        return psycopg.connect(
            database_url, autocommit=True, prepare_threshold=None, connect_timeout=10
        )
    except psycopg.OperationalError as error:
        raise MigrationError(f"No connection to the database: {error}") from error


@contextlib.contextmanager
def _lock(connection: Connection) -> Iterator[None]:
    deadline = time.monotonic() + LOCK_TIMEOUT
    while not _try_lock(connection):
        if time.monotonic() > deadline:
            raise MigrationError(
                "Another migration runner has been at work on this database for "
                f"{LOCK_TIMEOUT:.0f} s."
            )
        time.sleep(0.1)
    # Let go of with the connection, whatever becomes of it.
    yield


def _try_lock(connection: Connection) -> bool:
    row = connection.execute(
        "select pg_try_advisory_lock(hashtextextended(%s, 0))", [LOCK]
    ).fetchone()
    return row is not None and row[0] is True


def _applied(connection: Connection) -> dict[str, list[str] | None]:
    """What the database has, oldest first: version and statements (unknown to older CLIs)."""
    rows = connection.execute(
        """
        select
          version,
          statements
        from supabase_migrations.schema_migrations
        order by version
        """
    ).fetchall()
    return dict(rows)


def _pending(migrations: list[Migration], applied: dict[str, list[str] | None]) -> list[Migration]:
    """What is left to apply, once the history is known to be a beginning of this directory."""
    known = {migration.version: migration for migration in migrations}
    if foreign := sorted(applied.keys() - known.keys()):
        raise MigrationError(
            f"The database has migrations that are not here: {', '.join(foreign)}."
        )
    for version, statements in applied.items():
        if statements is not None and _text(statements) != _text(known[version].statements()):
            raise MigrationError(
                f"{known[version].path.name} has changed since it was applied: write a new "
                "migration instead (or start again from nothing with `make clean`, locally)."
            )
    newest = max(applied, default="")
    pending = [migration for migration in migrations if migration.version not in applied]
    if late := [migration for migration in pending if migration.version < newest]:
        raise MigrationError(
            f"{late[0].path.name} is older than {newest}, the newest migration applied: give it a "
            "later timestamp."
        )
    return pending


def _text(statements: list[str]) -> str:
    """The statements without what runners may cut differently: comments, space, semicolons."""
    return re.sub(r"--[^\n]*|[\s;]+", "", "\n".join(statements))


def _apply(connection: Connection, migration: Migration) -> None:
    statements = migration.statements()
    with connection.transaction():
        for statement in statements:
            _execute(connection, migration, statement)
        # A migration's own settings are not the next one's.
        connection.execute("reset all")
        connection.execute(
            """
            insert into supabase_migrations.schema_migrations
              (version, statements, name)
            values
              (%s, %s, %s)
            """,
            [migration.version, statements, migration.name],
        )


def _execute(connection: Connection, migration: Migration, statement: str) -> None:
    try:
        connection.execute(statement.encode())
    except psycopg.Error as error:
        line = _line_of(statement, migration.path.read_text(encoding="utf-8"))
        raise MigrationError(
            f"{migration.path.name} failed at the statement that starts on line {line}: "
            f"{str(error).strip()}"
        ) from error


def _line_of(statement: str, text: str) -> int:
    return text.count("\n", 0, max(text.find(statement), 0)) + 1


@click.command("migrate")
@click.option(
    "--database-url",
    envvar=VARIABLE,
    required=True,
    show_envvar=True,
    help="The direct URL (port 5432) of the database's owner.",
)
def command(database_url: str) -> None:
    """Apply the pending migrations of supabase/migrations."""
    try:
        applied = migrate(
            database_url, report=lambda migration: click.echo(f"Applying {migration.path.name}")
        )
    except MigrationError as error:
        raise click.ClickException(str(error)) from error
    if not applied:
        click.echo("Nothing to apply: the database is up to date.")
