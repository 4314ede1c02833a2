"""Tables without indexes and constraints while rows are poured in.

Keeping an index up row by row costs several times what building it at the end does. Adding a
foreign key back has PostgreSQL check every row against it, so that nothing stands unverified.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local.host.progress import Progress
from local.seed.target import Connection

FOREIGN_KEYS = """
select
  c.conrelid::regclass::text,
  quote_ident(c.conname),
  pg_get_constraintdef(c.oid)
from pg_constraint c
where c.contype = 'f'
  and (c.conrelid = any (%(tables)s::regclass[]) or c.confrelid = any (%(tables)s::regclass[]))
order by 1, 2
"""
UNIQUE_CONSTRAINTS = """
select
  c.conrelid::regclass::text,
  quote_ident(c.conname),
  pg_get_constraintdef(c.oid)
from pg_constraint c
where c.contype in ('p', 'u')
  and c.conrelid = any (%(tables)s::regclass[])
order by 1, 2
"""
INDEXES = """
select
  i.indrelid::regclass::text,
  i.indexrelid::regclass::text,
  pg_get_indexdef(i.indexrelid)
from pg_index i
where i.indrelid = any (%(tables)s::regclass[])
  and not exists (
    select
    from pg_constraint c
    where c.conindid = i.indexrelid
      and c.contype in ('p', 'u')
  )
order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Part:
    """An index or a constraint, and how to make it again. The names are quoted where need be."""

    table: str
    name: str
    definition: str

    def drop_constraint(self) -> str:
        return f"alter table {self.table} drop constraint {self.name}"

    def add_constraint(self) -> str:
        return f"alter table {self.table} add constraint {self.name} {self.definition}"

    def drop_index(self) -> str:
        return f"drop index {self.name}"


@contextlib.contextmanager
def bare(connection: Connection, tables: Sequence[str], progress: Progress) -> Iterator[None]:
    """Within, `tables` have no index and no unique or foreign key; after it they have all again.

    The tables are locked until the transaction ends. Foreign keys come back last, over tables that
    have been analyzed.
    """
    foreign = _parts(connection, FOREIGN_KEYS, tables)
    unique = _parts(connection, UNIQUE_CONSTRAINTS, tables)
    indexes = _parts(connection, INDEXES, tables)
    for table in sorted({*tables, *(key.table for key in foreign)}):
        _run(connection, f"lock table {table} in access exclusive mode")
    for constraint in (*foreign, *unique):
        _run(connection, constraint.drop_constraint())
    for index in indexes:
        _run(connection, index.drop_index())

    yield

    with progress.step("Indexes") as step:
        for constraint in unique:
            _run(connection, constraint.add_constraint())
        for index in indexes:
            _run(connection, index.definition)
        step.note = f"{len(unique) + len(indexes)} built"
    with progress.step("Foreign keys") as step:
        for table in tables:
            _run(connection, f"analyze {table}")
        for key in foreign:
            _run(connection, key.add_constraint())
        step.note = f"{len(foreign)} hold"


def _parts(connection: Connection, query: str, tables: Sequence[str]) -> list[Part]:
    rows = connection.execute(query.encode(), {"tables": list(tables)}).fetchall()
    return [Part(*row) for row in rows]


def _run(connection: Connection, statement: str) -> None:
    connection.execute(statement.encode())
