"""What a function moves in the ledger: the doors it takes, the transfers and entries it may write.

Read from the SQL that it comes to. An argument that is no literal is followed: to what its variable
is set to, or to what the callers hand over, as far as the function itself reaches.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from local.facts.endpoints import Function
from local.facts.footprint import Footprint, footprint_of, schema
from local.facts.sqlcalls import calls_of, literals
from local.services.migrate import read_migrations

_DOOR = re.compile(r"\bledger\.\w+(?=\()")
_POST = "ledger.post"
_VARIABLE = re.compile(r"(?:\w+\.)?(\w+)")


@dataclass(frozen=True, slots=True)
class Movements:
    """Each sorted."""

    doors: list[str]
    """The ledger's functions that the function calls itself."""
    operations: list[str]
    """Of the transfers."""
    types: list[str]
    """Of the entries."""


@lru_cache
def movements_of(function: Function) -> Movements:
    """What `function` may move; nothing of it needs to happen in one call."""
    footprint = footprint_of(function)
    operations: set[str] = set()
    types: set[str] = set()
    for name, text in footprint.bodies.items():
        for call in calls_of(_POST, text):
            operations |= _Trace(footprint).values(call[0], name)
        if "::ledger.leg" in text:
            for leg in calls_of("row", text):
                types |= _Trace(footprint).values(leg[1], name)
    doors = {door for text in footprint.asked.values() for door in _DOOR.findall(text)}
    return Movements(
        sorted(doors),
        sorted(operations & allowed("operation")),
        sorted(types & allowed("type")),
    )


@lru_cache
def allowed(column: str) -> frozenset[str]:
    """What the last CHECK of the ledger's column of that name lets in."""
    checks = re.findall(rf"check \({column} in \(([^)]*)\)", _migrations())
    return frozenset(literals(checks[-1]))


@lru_cache(maxsize=1)
def _migrations() -> str:
    return "\n".join(one.path.read_text() for one in read_migrations())


class _Trace:
    """Follows an expression to the literals that it can be."""

    def __init__(self, footprint: Footprint) -> None:
        self._texts = footprint.asked | footprint.bodies
        self._seen: set[tuple[str, str]] = set()

    def values(self, expression: str, within: str) -> set[str]:
        """Of an expression in the text of that name."""
        named = _VARIABLE.fullmatch(expression)
        if named is None or (within, named[1]) in self._seen:
            return literals(expression)
        self._seen.add((within, named[1]))
        found: set[str] = set()
        for source, where in self._sources(named[1], within):
            found |= self.values(source, where)
        return found or _column_values(named[1])

    def _sources(self, variable: str, within: str) -> Iterator[tuple[str, str]]:
        for assigned in re.findall(rf"\b{variable}\b[ \w]*:= ([^;]*);", self._texts[within]):
            yield assigned, within
        parameters = schema().parameters.get(within, ())
        if variable in parameters:
            place = parameters.index(variable)
            for caller, text in self._texts.items():
                for call in calls_of(within, text):
                    if place < len(call):
                        yield call[place], caller


def _column_values(column: str) -> set[str]:
    """What a CHECK lets into a text column, of a row that the SQL has read."""
    checked = re.search(rf"\b{column} text[^,]*?check \({column} in \(([^)]*)\)", _migrations())
    return literals(checked[1]) if checked else set()
