"""Which tables a function reaches, read from the code and not from memory.

From the function's file through the service to its queries, and on through the database's own
functions, views and triggers as the migrations define them. Both sides can be read this way because
of two rules of the house: SQL lies in `queries.py` alone, and every name in it is qualified.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from types import FunctionType, ModuleType

from limelight.data.system import Query
from local.endpoints import Function
from local.migrate import read_migrations

_NAME = r"(?:public|private|ledger|auth|extensions)\.\w+"
_COMMENT = re.compile(r"--[^\n]*")
_MENTION = re.compile(rf"\b{_NAME}")
_WRITE = re.compile(rf"\b(insert into|update|delete from)\s+({_NAME})(?=([^;]*))")
_TABLE = re.compile(rf"create (?:unlogged )?table (?:if not exists )?({_NAME})")
_FUNCTION = re.compile(rf"create (?:or replace )?function ({_NAME})\b.*?\$\$(.*?)\$\$", re.DOTALL)
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
class _Schema:
    """What the migrations define."""

    tables: set[str]
    bodies: dict[str, str]
    """Of functions and views."""
    triggers: list[tuple[str, str, str, str]]
    """The events (as `update or delete`), the one column or nothing, the table, the function."""


@lru_cache(maxsize=1)
def _schema() -> _Schema:
    text = "\n".join(_COMMENT.sub("", one.path.read_text()) for one in read_migrations())
    return _Schema(
        tables=set(_TABLE.findall(text)) | _FOREIGN_TABLES,
        bodies=dict(_FUNCTION.findall(text)) | dict(_VIEW.findall(text)),
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


def footprint_of(function: Function) -> Footprint:
    """What `function` reaches at its work; the kernel's look at the caller is left out."""
    footprint = Footprint()
    followed: set[str] = set()
    for query in _queries_of(function.module, inspect.getsource(function.module), set()):
        if isinstance(query, Query):
            _follow(query.sql, footprint, followed)
        else:
            _follow_rest(query, footprint, followed)
    return footprint


def _queries_of(
    module: ModuleType, source: str, seen: set[tuple[str, str]]
) -> Iterator[Query | FunctionType]:
    """Every query that this piece of a module comes to, through whatever it calls."""
    for owner, name in _mentioned(module, source):
        target = getattr(owner, name, None)
        if (owner.__name__, name) in seen:
            continue
        seen.add((owner.__name__, name))
        if owner.__name__.endswith(".queries") and isinstance(target, Query | FunctionType):
            yield target
        elif isinstance(target, FunctionType | type) and target.__module__ == owner.__name__:
            yield from _queries_of(owner, inspect.getsource(target), seen)


def _mentioned(module: ModuleType, source: str) -> Iterator[tuple[ModuleType, str]]:
    """The names in `source` that lie in a domain: `service.join`, `queries.JOIN`, `_watching`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = getattr(module, node.value.id, None)
            if isinstance(owner, ModuleType) and _is_domain(owner):
                yield owner, node.attr
        elif isinstance(node, ast.Name) and _is_domain(module):
            yield module, node.id


def _is_domain(module: ModuleType) -> bool:
    return module.__name__.startswith("limelight.") and module.__name__.rpartition(".")[2] in (
        "service",
        "queries",
        "ledger",
    )


def _follow(text: str, footprint: Footprint, followed: set[str]) -> None:
    """Adds what a piece of SQL reaches."""
    schema = _schema()
    for verb, table, statement in _WRITE.findall(text):
        _write(verb, table, statement, footprint, followed)
    for name in _MENTION.findall(_WRITE.sub("", text)):
        if name in schema.tables:
            footprint.reads.add(name)
        elif name in schema.bodies and name not in followed:
            followed.add(name)
            _follow(schema.bodies[name], footprint, followed)


def _write(
    verb: str, table: str, statement: str | None, footprint: Footprint, followed: set[str]
) -> None:
    """Adds a write and what its triggers do. Without a `statement` any column may be written."""
    footprint.writes.add(table)
    event = verb.partition(" ")[0]
    for events, column, watched, function in _schema().triggers:
        fires = watched == table and event in events.split()
        if column and statement is not None:
            assigned = re.split(r"\bwhere\b", statement)[0]
            fires = fires and re.search(rf"\b{column}\s*=", assigned) is not None
        if fires and function not in followed:
            followed.add(function)
            _follow(_schema().bodies[function], footprint, followed)


def _follow_rest(query: FunctionType, footprint: Footprint, followed: set[str]) -> None:
    """Adds what a query over REST reaches: `table(…)`, what it embeds, `rpc(…)`, `sign_up(…)`."""
    tree = ast.parse(inspect.getsource(query))
    calls = {
        node.func.attr: node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    if "rpc" in calls:
        _follow(f"public.{_first_text(calls['rpc'])}()", footprint, followed)
    if _SIGN_UP in calls:
        _write("insert into", "auth.users", None, footprint, followed)
    if "table" in calls:
        table = f"public.{_first_text(calls['table'])}"
        verbs = [verb for call, verb in _REST_WRITES.items() if call in calls]
        for verb in verbs:
            _write(verb, table, None, footprint, followed)
        embedded = {f"public.{name}" for name in _EMBEDDED.findall(_texts(tree, query))}
        for name in embedded if verbs else embedded | {table}:
            _follow(name, footprint, followed)


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
