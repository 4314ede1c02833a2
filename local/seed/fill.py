"""Fills a database with a world: one transaction, then the statistics that plans are made of."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from local.host.progress import QUIET, Progress
from local.seed.areas import Filling, checks, filled_tables, fillings
from local.seed.bare import bare
from local.seed.target import Connection, SeedError, mark, prepare
from local.seed.world import World

KEEPS_ITS_INDEXES = ("auth",)
"""The schema is Supabase's: its indexes are left alone."""

_COUNTERS = """
select
  a.attrelid::regclass::text,
  a.attname,
  pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)
from pg_attribute a
where a.attrelid = any (%(tables)s::regclass[])
  and a.attidentity <> ''
"""

# Rows were loaded past the triggers that tell the jobs.
_JOBS = "select private.rebuild_analytics(), private.refresh_ranks()"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was made: rows by table, and how long all of it took."""

    rows: dict[str, int]
    seconds: float

    @property
    def total(self) -> int:
        return sum(self.rows.values())

    @property
    def per_second(self) -> int:
        return round(self.total / self.seconds)


def fill(connection: Connection, world: World, progress: Progress = QUIET) -> Figures:
    """Make the world, whole or not at all.

    Raises:
        SeedError: a statement failed, or a check found what must not be.
    """
    started = time.monotonic()
    tables = [table for table in filled_tables() if not table.startswith(KEEPS_ITS_INDEXES)]
    try:
        with connection.transaction():
            prepare(connection)
            with bare(connection, tables, progress):
                rows = _pour(connection, world, progress)
            _advance_counters(connection, tables)
            with progress.step("What jobs would have made of it"):
                connection.execute(_JOBS)
            with progress.step("Checks") as step:
                step.note = f"{_check(connection, world)} hold"
            mark(connection, world)
        with progress.step("Statistics"):
            for table in filled_tables():
                connection.execute(f"vacuum (analyze) {table}".encode())
    except psycopg.Error as error:
        raise SeedError(f"The database refused it: {error}") from error
    return Figures(rows, time.monotonic() - started)


def _pour(connection: Connection, world: World, progress: Progress) -> dict[str, int]:
    rows: dict[str, int] = {}
    for filling in fillings():
        if filling.table is None:
            _write(connection, filling, world)
            continue
        with progress.step(filling.table) as step:
            written = _write(connection, filling, world)
            step.note = f"{written:,} rows"
        rows[filling.table] = rows.get(filling.table, 0) + (written if filling.inserts else 0)
    return rows


def _write(connection: Connection, filling: Filling, world: World) -> int:
    written = 0
    for statement in filling.statements:
        written = connection.execute(statement.encode(), world.values()).rowcount
    return written


def _advance_counters(connection: Connection, tables: Sequence[str]) -> None:
    """The numbers that rows were given are not given again."""
    counters = connection.execute(_COUNTERS, {"tables": list(tables)}).fetchall()
    for table, column, sequence in counters:
        newest = connection.execute(f"select max({column}) from {table}".encode()).fetchone()  # noqa: S608 - of the catalogue's own names
        if newest is not None and newest[0] is not None:
            connection.execute("select setval(%s, %s)", [sequence, newest[0]])


def _check(connection: Connection, world: World) -> int:
    """Ask every area's checks; how many there are."""
    asked = 0
    for check in checks():
        broken = connection.execute(check.sql.encode(), world.values()).fetchmany(3)
        if broken:
            raise SeedError(f"The world is not sound ({check.title}): {broken}")
        asked += 1
    return asked
