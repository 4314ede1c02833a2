"""Which tables a function reaches, read from the code and not from memory.

From the function's file through the service to its queries, and on through the database's own
functions, views and triggers as the migrations define them. Both sides can be read this way because
of two rules of the house: SQL lies in `queries.py` alone, and every name in it is qualified.
"""

import ast
import inspect
import re
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType

from limelight.data.system import Query
from local.facts.endpoints import Function
from local.facts.reach import reached
from local.services.migrate import read_migrations

_NAME = r"(?:public|private|ledger|auth|extensions)\.\w+"
_COMMENT = re.compile(r"--[^\n]*")
_MENTION = re.compile(rf"\b{_NAME}")
_WRITE = re.compile(rf"\b(insert into|update|delete from)\s+({_NAME})(?=([^;]*))")
_TABLE = re.compile(rf"create (?:unlogged )?table (?:if not exists )?({_NAME})")
_FUNCTION = re.compile(rf"create (?:or replace )?function ({_NAME})\b.*?\$\$(.*?)\$\$", re.DOTALL)
_PARAMETERS = re.compile(
    rf"create (?:or replace )?function ({_NAME})\s*\(([^$]*?)\)\s*(?:returns|language)\b", re.DOTALL
)
_INDEX = re.compile(r"create (?:unique )?index (\w+)\s+on")
_VIEW = re.compile(rf"create (?:or replace )?view ({_NAME})\b(.*?);", re.DOTALL)
_TRIGGER = re.compile(
    rf"create trigger (\w+) (?:before|after) ([^;]*?)(?: of (\w+))? on ({_NAME})"
    rf"[^;]*execute function ({_NAME})"
    rf"|drop trigger (?:if exists )?(\w+) on ({_NAME})"
)
_EMBEDDED = re.compile(r"\b(\w+)[!(]")

# Made by Supabase Auth and by an extension, not by a migration.
_FOREIGN_TABLES = {"auth.users", "extensions.pg_stat_statements"}
# What supabase-py's calls do to a table, in SQL's words.
_REST_WRITES = {"insert": "insert into", "update": "update", "delete": "delete from"}
_SIGN_UP = "sign_up"


@dataclass(slots=True)
class Footprint:
    """The tables that are read or written, by qualified name; a table can be both."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)
    asked: dict[str, str] = field(default_factory=dict)
    """What the function sends, in SQL or as the database's function that it calls, by its name."""
    bodies: dict[str, str] = field(default_factory=dict)
    """The database's own functions, views and triggers behind that."""
    queries: list[Query] = field(default_factory=list)
    """Those of what it sends that go over the pool."""
    embeds: bool = False
    """Whether a query over REST reads one table with another's rows in it."""

    @property
    def texts(self) -> list[str]:
        """All SQL that runs for the function."""
        return [*self.asked.values(), *self.bodies.values()]

    @property
    def tables(self) -> set[str]:
        return self.reads | self.writes

    @property
    def moves_coins(self) -> bool:
        """Whether entries of the ledger are written."""
        return "public.entries" in self.writes

    @property
    def opens_purchases(self) -> bool:
        """Whether purchases are written: what a payment that is still to come will credit."""
        return "public.purchases" in self.writes


@dataclass(frozen=True, slots=True)
class Schema:
    """What the migrations define."""

    tables: set[str]
    bodies: dict[str, str]
    """Of functions and views."""
    parameters: dict[str, tuple[str, ...]]
    """Of functions: the names, in turn."""
    indexes: frozenset[str]
    """Those that a migration makes by name; the others come with a key."""
    triggers: list[tuple[str, str, str, str]]
    """The events (as `update or delete`), the one column or nothing, the table, the function."""


@lru_cache(maxsize=1)
def schema() -> Schema:
    """As all migrations leave it."""
    text = "\n".join(_COMMENT.sub("", one.path.read_text()) for one in read_migrations())
    return Schema(
        tables=set(_TABLE.findall(text)) | _FOREIGN_TABLES,
        bodies=dict(_FUNCTION.findall(text)) | dict(_VIEW.findall(text)),
        parameters={
            name: tuple(one.split()[0] for one in taken.split(",") if one.strip())
            for name, taken in _PARAMETERS.findall(text)
        },
        indexes=frozenset(_INDEX.findall(text)),
        triggers=_triggers(text),
    )


def _triggers(text: str) -> list[tuple[str, str, str, str]]:
    """Those that are left: a later migration may have dropped one, or put another in its place."""
    standing: dict[tuple[str, str], tuple[str, str, str, str]] = {}
    for name, events, column, table, function, dropped, was_on in _TRIGGER.findall(text):
        if dropped:
            standing.pop((dropped, was_on), None)
        else:
            standing[name, table] = (events, column, table, function)
    return list(standing.values())


@lru_cache
def footprint_of(function: Function) -> Footprint:
    """What `function` reaches at its work; the kernel's look at the caller is left out."""
    footprint = Footprint()
    for piece in reached(function):
        if isinstance(piece.value, Query):
            footprint.queries.append(piece.value)
            footprint.asked[piece.value.name] = piece.value.sql
            _follow(piece.value.sql, footprint)
        elif piece.is_rest_query and isinstance(piece.value, FunctionType):
            _follow_rest(piece.value, footprint)
    return footprint


def _follow(text: str, footprint: Footprint) -> None:
    """Adds what a piece of SQL reaches."""
    known = schema()
    for verb, table, statement in _WRITE.findall(text):
        _write(verb, table, statement, footprint)
    for name in _MENTION.findall(_WRITE.sub("", text)):
        if name in known.tables:
            footprint.reads.add(name)
        elif name in known.bodies:
            _follow_body(name, footprint)


def _follow_body(name: str, footprint: Footprint) -> None:
    if name not in footprint.bodies:
        footprint.bodies[name] = schema().bodies[name]
        _follow(footprint.bodies[name], footprint)


def _write(verb: str, table: str, statement: str | None, footprint: Footprint) -> None:
    """Adds a write and what its triggers do. Without a `statement` any column may be written."""
    footprint.writes.add(table)
    event = verb.partition(" ")[0]
    for events, column, watched, function in schema().triggers:
        fires = watched == table and event in events.split()
        if column and statement is not None:
            assigned = re.split(r"\bwhere\b", statement)[0]
            fires = fires and re.search(rf"\b{column}\s*=", assigned) is not None
        if fires:
            _follow_body(function, footprint)


def _follow_rest(query: FunctionType, footprint: Footprint) -> None:
    """Adds what a query over REST reaches: `table(…)`, what it embeds, `rpc(…)`, `sign_up(…)`."""
    tree = ast.parse(inspect.getsource(query))
    calls = {
        node.func.attr: node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    domain = query.__module__.split(".")[-2]
    footprint.asked[f"{domain}.{query.__name__}"] = ""
    if "rpc" in calls:
        called = f"public.{_first_text(calls['rpc'])}"
        footprint.asked[f"{domain}.{query.__name__}"] = called
        _follow(called, footprint)
    if _SIGN_UP in calls:
        _write("insert into", "auth.users", None, footprint)
    if "table" in calls:
        table = f"public.{_first_text(calls['table'])}"
        verbs = [verb for call, verb in _REST_WRITES.items() if call in calls]
        for verb in verbs:
            _write(verb, table, None, footprint)
        embedded = {f"public.{name}" for name in _EMBEDDED.findall(_texts(tree, query))}
        footprint.embeds |= bool(embedded)
        for name in embedded if verbs else embedded | {table}:
            _follow(name, footprint)


def _first_text(call: ast.Call) -> str:
    return str(ast.literal_eval(call.args[0]))


def _texts(tree: ast.AST, query: FunctionType) -> str:
    """The literal texts of a query's function, and the constants of its module that it uses."""
    pieces = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            pieces.append(node.value)
        if isinstance(node, ast.Name) and isinstance(query.__globals__.get(node.id), str):
            pieces.append(query.__globals__[node.id])
    return " ".join(pieces)
