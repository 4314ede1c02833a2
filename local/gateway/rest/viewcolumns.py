"""Which column of which table a view's column shows.

PostgreSQL keeps the answer in the rewrite rule of the view: every entry of the query's target
list names the table and column it comes from. Views of views are followed down to the tables.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

type ColumnId = tuple[int, int]
"""A relation's oid and a column's number in it."""

_TOKEN = re.compile(
    r"\\.|(?P<open>[{(])|(?P<close>[})])|(?P<list>:targetList\b)"
    r"|:(?P<key>resno|resorigtbl|resorigcol) (?P<number>\d+)"
)
_QUERY_DEPTH = 2  # "({QUERY ..."
_ENTRY_DEPTH = 4  # "({QUERY :targetList ({TARGETENTRY ..."


@dataclass(frozen=True, slots=True)
class Shown:
    """Column number `number` of a view shows the column `origin`."""

    number: int
    origin: ColumnId


def target_entries(rule: str) -> list[Shown]:
    """The entries of the outermost target list of a rewrite rule's node tree."""
    shown: list[Shown] = []
    entry: dict[str, int] = {}
    depth, inside = 0, False
    for token in _TOKEN.finditer(rule):
        if token["list"]:
            inside = inside or depth == _QUERY_DEPTH
        elif token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
            if inside and depth == _QUERY_DEPTH:
                return shown
            if inside and depth == _ENTRY_DEPTH - 1 and entry:
                shown.append(_shown(entry))
                entry = {}
        elif token["key"] and inside and depth == _ENTRY_DEPTH:
            entry[token["key"]] = int(token["number"])
    return shown


def _shown(entry: dict[str, int]) -> Shown:
    origin = (entry.get("resorigtbl", 0), entry.get("resorigcol", 0))
    return Shown(entry.get("resno", 0), origin)


def origins(rules: dict[int, str]) -> dict[int, dict[ColumnId, list[int]]]:
    """For each view: the columns it shows, and the numbers of its columns that show them."""
    entries = {view: target_entries(rule) for view, rule in rules.items()}
    found: dict[int, dict[ColumnId, list[int]]] = {}
    for view, own in entries.items():
        by_origin: dict[ColumnId, list[int]] = defaultdict(list)
        for shown in own:
            for origin in _down(entries, shown.origin):
                by_origin[origin].append(shown.number)
        found[view] = dict(by_origin)
    return found


def _down(entries: dict[int, list[Shown]], start: ColumnId) -> Iterator[ColumnId]:
    """`start`, and what it shows in turn when it is a view's column."""
    seen: set[ColumnId] = set()
    pending = [start]
    while pending:
        at = pending.pop()
        if at in seen or not at[0]:
            continue
        seen.add(at)
        yield at
        relation, number = at
        pending += [item.origin for item in entries.get(relation, ()) if item.number == number]
