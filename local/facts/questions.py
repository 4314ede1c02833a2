"""The three questions that decide between REST and SQL, answered for a function from its SQL.

1. Does it need a transaction or a row lock?
2. Does it need joins or aggregates of several tables, for speed?
3. Does it need an index or a plan of its own?

Locks, joins and aggregates are read from the statements; the indexes are those that PostgreSQL was
seen to take (`local.facts.indexes`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from local.facts.endpoints import Function
from local.facts.footprint import Footprint, footprint_of, schema
from local.facts.indexes import recorded_indexes

_NAME = r"(?:public|private|ledger|auth|extensions)\.\w+"
_TABLE = re.compile(rf"\b(?:from|join)\s+({_NAME})(?!\w*\()(?:\s+(?:as\s+)?(\w+))?")
_LOCK = re.compile(r"\bfor (?:no key update|update|key share|share)\b(?: of (\w+(?:, \w+)*))?")
_ADVISORY = re.compile(r"\bpg_advisory_xact_lock")
_JOIN = re.compile(r"\bjoin\b")
_AGGREGATES = {
    "counts": re.compile(r"\bcount\("),
    "adds up": re.compile(r"\bsum\("),
    "gathers": re.compile(r"\b(?:array_agg|jsonb_agg|json_agg|string_agg|jsonb_object_agg)\("),
    "takes extremes": re.compile(r"\b(?:min|max|bool_or|bool_and)\("),
}


@dataclass(slots=True)
class Answers:
    """What speaks for SQL; empty, where nothing does."""

    locked: set[str] = field(default_factory=set)
    """Tables whose rows are locked before they are written."""
    waits: bool = False
    """Whether an advisory lock is taken."""
    written: set[str] = field(default_factory=set)
    joined: set[str] = field(default_factory=set)
    aggregates: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)
    """Those that are there for what is asked."""
    keys: list[str] = field(default_factory=list)
    """Indexes that a primary key or another rule has brought with it."""
    unexplained: list[str] = field(default_factory=list)
    """The queries whose indexes are not on record."""

    @property
    def needs_transaction(self) -> bool:
        """One statement on one table is a transaction already."""
        return bool(self.locked or self.waits or len(self.written) > 1)

    @property
    def needs_joins(self) -> bool:
        return bool(self.joined or self.aggregates)

    @property
    def needs_plan(self) -> bool:
        return bool(self.indexes)


@lru_cache
def answers_of(function: Function) -> Answers:
    """The answers for `function`."""
    footprint = footprint_of(function)
    answers = Answers(written=footprint.writes)
    for text in footprint.texts:
        answers.waits |= _ADVISORY.search(text) is not None
        for statement in text.split(";"):
            answers.locked |= set(_locked(statement))
            if _JOIN.search(statement):
                answers.joined |= _tables(statement)
    if footprint.embeds:
        answers.joined |= footprint.reads
    answers.aggregates = [
        name
        for name, pattern in _AGGREGATES.items()
        if any(pattern.search(text) for text in footprint.texts)
    ]
    _add_indexes(answers, footprint)
    return answers


def _add_indexes(answers: Answers, footprint: Footprint) -> None:
    record = recorded_indexes()
    taken = {index for query in footprint.asked for index in record.get(query, [])}
    made = schema().indexes
    answers.indexes = sorted(taken & made)
    answers.keys = sorted(taken - made)
    answers.unexplained = sorted(footprint.asked.keys() - record.keys())


def _locked(statement: str) -> Iterator[str]:
    for lock in _LOCK.finditer(statement):
        named = set(lock[1].split(", ")) if lock[1] else None
        for table, alias in _TABLE.findall(statement):
            if table in schema().tables and (named is None or alias in named):
                yield table


def _tables(statement: str) -> set[str]:
    known = schema()
    views = known.bodies.keys() - known.parameters.keys()
    return {table for table, _ in _TABLE.findall(statement) if table in known.tables | views}
