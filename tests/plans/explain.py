"""Runs the services' statements and keeps every plan, those inside functions and triggers too.

auto_explain tells what each statement really did, as notices to the connection that ran it. The
top-level statement is planned for its values, as an unprepared one always is; a statement inside a
function may come to be planned without them once a connection is old, so both are looked at.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from lambda_pool import trouble
from limelight.data.system import Query, Row

BACKEND = "limelight_backend"
LARGE = 10_000
"""A table of this many rows is not to be read through."""

OURS = "/* plans."
"""So begin the statements that look, rather than are looked at."""

type Params = Mapping[str, object]

_KEY_CHECK = re.compile(r'(SELECT 1 FROM|DELETE FROM|UPDATE) ONLY "')
_NAMED = re.compile(r"/\* (\S+) \*/")
_SCANS = """
/* plans.scans */
select
  schemaname || '.' || relname as name,
  seq_scan as scans
from pg_stat_xact_user_tables
where seq_scan > 0
"""
_MODE = "/* plans.mode */ select set_config('plan_cache_mode', %s, true)"
_LARGE = """
/* plans.large */
select n.nspname || '.' || c.relname as name
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r'
  and n.nspname in ('public', 'ledger', 'auth')
  and c.reltuples >= %s
"""


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a plan, as it ran: its figures are over all its loops."""

    of: str
    """The statement, in short."""
    kind: str
    relation: str | None
    """The table, `schema.name`; None of a node that reads none."""
    rows: int
    discarded: int
    """Rows that it read and did not answer."""
    input: int
    """Rows that its children gave it."""
    indexes: tuple[str, ...] = ()
    """That it looked things up in: by which it scanned, or by which it found a conflict."""

    @property
    def read(self) -> int:
        """Rows that it looked at, of a node that reads a table."""
        return self.rows + self.discarded

    def __str__(self) -> str:
        what = f"{self.kind} on {self.relation}" if self.relation else self.kind
        return f"{what}: {self.rows} rows, {self.discarded} discarded, {self.input} in ({self.of})"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that ran, and its plan."""

    text: str
    plan: dict[str, Any]

    @property
    def nested(self) -> bool:
        """Whether a function or a trigger ran it: what a service sends carries its query's name."""
        return not self.text.startswith("/*")

    @property
    def query(self) -> str | None:
        """The name of the query that a service sent; None of a nested statement."""
        named = _NAMED.match(self.text)
        return named[1] if named else None

    @property
    def is_about_the_schema(self) -> bool:
        """Whether it reads the database's own catalogues."""
        return any((node.relation or "").startswith("pg_catalog.") for node in self.nodes())

    def indexes(self) -> set[str]:
        """Those that it looked things up in; none, where PostgreSQL itself holds a foreign key."""
        if _KEY_CHECK.match(self.text):
            return set()
        return {index for node in self.nodes() for index in node.indexes}

    @property
    def title(self) -> str:
        """As it shows in a failure."""
        return " ".join(self.text.split())[:70]

    def nodes(self) -> Iterator[Node]:
        """Every node that was executed."""
        return _nodes(self.title, self.plan)


@dataclass(slots=True)
class Seen:
    """What a call was seen to do."""

    answer: Any = None
    asked: list[str] = field(default_factory=list)
    """The names of the queries, in turn."""
    statements: list[Statement] = field(default_factory=list)
    scanned: set[str] = field(default_factory=set)
    """The tables that were read through, by whatever did it."""

    def nodes(self) -> list[Node]:
        return [node for statement in self.statements for node in statement.nodes()]

    def indexes(self) -> dict[str, set[str]]:
        """Those that each query looked things up in, but for the checks of foreign keys.

        What runs inside a statement is told of before the statement itself.
        """
        by_query: dict[str, set[str]] = {}
        inside: set[str] = set()
        for one in self.statements:
            inside |= one.indexes()
            if one.query is not None:
                by_query.setdefault(one.query, set()).update(inside)
                inside = set()
        return by_query

    def nested_nodes(self) -> list[Node]:
        """Of the statements inside functions and triggers."""
        return [node for one in self.statements if one.nested for node in one.nodes()]


class Explained:
    """In the pool's place: one connection, on which all that is asked is explained and undone."""

    SETTINGS: ClassVar[dict[str, str]] = {
        "session_preload_libraries": "auto_explain",
        "auto_explain.log_min_duration": "0",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_timing": "off",
        "auto_explain.log_verbose": "on",
        "auto_explain.log_nested_statements": "on",
        "auto_explain.log_format": "json",
        "auto_explain.log_level": "notice",
        # Counted where they are made: in this backend.
        "max_parallel_workers_per_gather": "0",
    }
    """Of the role, as only a superuser may set them."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection
        self._seen = Seen()
        self.large = frozenset(row["name"] for row in connection.execute(_LARGE, [LARGE]))
        connection.add_notice_handler(self._hear)

    @classmethod
    @contextmanager
    def connect(cls, database_url: str, password: str) -> Iterator[Self]:
        url = make_conninfo(database_url, user=BACKEND, password=password)
        with psycopg.connect(
            url, autocommit=True, prepare_threshold=None, row_factory=dict_row
        ) as connection:
            yield cls(connection)

    def watch(self, call: Callable[[], object], *, generic: bool = False) -> Seen:
        """What `call` does to the database, which is then as it was.

        With `generic`, statements inside functions are planned without their values.
        """
        mode = "force_generic_plan" if generic else "auto"
        with self._connection.transaction(force_rollback=True):
            self._connection.execute(_MODE, [mode])
            before = self._scans()
            self._seen = seen = Seen()
            seen.answer = call()
            # A statement's plan is told of when the next one takes its place: this one, at last.
            after = self._scans()
            self._seen = Seen()
        seen.scanned = {table for table, scans in after.items() if scans > before.get(table, 0)}
        return seen

    @contextmanager
    def by_index(self) -> Iterator[None]:
        """Meanwhile no table is too small for its index."""
        self._connection.execute("set enable_seqscan = off")
        yield
        self._connection.execute("reset enable_seqscan")

    def _scans(self) -> dict[str, int]:
        """How often each table has been read through since the statistics were last sent off."""
        rows = self._connection.execute(_SCANS).fetchall()
        return {row["name"]: row["scans"] for row in rows}

    def fetch_all(self, query: Query, params: Params | None = None) -> list[Row]:
        cursor = self._ask(query, params)
        return cursor.fetchall() if cursor.description else []

    def fetch_one(self, query: Query, params: Params | None = None) -> Row | None:
        rows = self.fetch_all(query, params)
        return rows[0] if rows else None

    def execute(self, query: Query, params: Params | None = None) -> int:
        return max(self._ask(query, params).rowcount, 0)

    @contextmanager
    def transaction(self) -> Iterator[Self]:
        """There is one around everything already."""
        yield self

    def _ask(self, query: Query, params: Params | None) -> psycopg.Cursor[Row]:
        self._seen.asked.append(query.name)
        try:
            return self._connection.execute(query.tagged, params)
        except psycopg.Error as error:
            raise trouble.of_statement(error, lost=self._connection.closed) from error

    def _hear(self, notice: psycopg.errors.Diagnostic) -> None:
        told = statement_of(notice)
        if told is not None and not told.text.startswith(OURS):
            self._seen.statements.append(told)


def statement_of(notice: psycopg.errors.Diagnostic) -> Statement | None:
    """What auto_explain says in a notice; None of any other."""
    message = notice.message_primary or ""
    if not message.startswith("duration: "):
        return None
    told = json.loads(message.partition("plan:\n")[2])
    return Statement(told["Query Text"].strip(), told["Plan"])


def _nodes(of: str, node: dict[str, Any]) -> Iterator[Node]:
    loops = node["Actual Loops"]
    if not loops:
        return
    children = node.get("Plans", [])
    yield Node(
        of=of,
        kind=node["Node Type"],
        relation=_table_read(node),
        rows=round(node["Actual Rows"] * loops),
        discarded=round(
            loops * sum(rows for name, rows in node.items() if name.startswith("Rows Removed by "))
        ),
        input=round(sum(child["Actual Rows"] * child["Actual Loops"] for child in children)),
        indexes=_looked_up(node),
    )
    for child in children:
        yield from _nodes(of, child)


def _looked_up(node: dict[str, Any]) -> tuple[str, ...]:
    by = [node["Index Name"]] if "Index Name" in node else []
    return (*by, *node.get("Conflict Arbiter Indexes", ()))


def _table_read(node: dict[str, Any]) -> str | None:
    if "Relation Name" not in node or not node["Node Type"].endswith("Scan"):
        return None
    return f"{node['Schema']}.{node['Relation Name']}"
