"""The areas of the world, in the order in which they are made."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from local.services.sqlfile import split_statements

DIRECTORY: Final = Path(__file__).with_name("sql")
AREAS: Final = (
    "toolbox",
    "people",
    "follows",
    "streams",
    "audience",
    "chat",
    "polls",
    # From here on coins move. Whatever spends comes before the purchases that pay for it, and what
    # needs the ledger as it will be after the books.
    "movements",
    "tickets",
    "gifts",
    "tips",
    "support",
    "totals",
    "calls",
    "messages",
    "shows",
    "purchases",
    "payouts",
    "books",
    "answers",
)

_TARGET = re.compile(r"^(insert into|update) ([a-z_]+\.[a-z_]+)", re.MULTILINE)
_CHECK = re.compile(r"^-- check: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Filling:
    """What fills one table: the statements that prepare its rows, and last the one that writes."""

    table: str | None
    """None when the statements only prepare, for the areas that follow."""
    statements: tuple[str, ...]
    inserts: bool = False
    """Whether the last one makes rows; else it changes some."""


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold in the finished world; `sql` finds the rows that break it."""

    title: str
    sql: str


def fillings() -> Iterator[Filling]:
    """Every area's work, in order."""
    for area in AREAS:
        prepared: list[str] = []
        for statement in _statements(area):
            if _CHECK.search(statement):
                continue
            prepared.append(statement)
            if target := _TARGET.search(statement):
                yield Filling(target[2], tuple(prepared), inserts=target[1] == "insert into")
                prepared = []
        if prepared:
            yield Filling(None, tuple(prepared))


def checks() -> Iterator[Check]:
    """Every area's checks."""
    for area in AREAS:
        for statement in _statements(area):
            if title := _CHECK.search(statement):
                yield Check(title[1], statement)


def filled_tables() -> list[str]:
    """The tables that the areas fill, `schema.table`."""
    return sorted({filling.table for filling in fillings() if filling.table})


def _statements(area: str) -> list[str]:
    return split_statements((DIRECTORY / f"{area}.sql").read_text(encoding="utf-8"))
