"""What an endpoint books in the ledger: by which function, as which operations, with which entries.

Read from the SQL that it comes to: the arguments that the ledger's functions are called with, and
the legs of its transfers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from local.footprint import Footprint
from local.migrate import read_migrations
from local.sqlcalls import arguments_at, calls_of, literals

_SIGNATURE = re.compile(r"create (?:or replace )?function (ledger\.\w+)(?=\()")
_OPERATIONS = re.compile(r"check \(operation in \((.*?)\)\)", re.DOTALL)
_TYPES = re.compile(r"check \(type in \((.*?)\)\)", re.DOTALL)
_ASKED = re.compile(r"\bledger\.\w+(?=\()")


@dataclass(frozen=True, slots=True)
class Bookings:
    """Sorted names: `ledger.gift`; `gift`; `gift`, `platform_fee`."""

    functions: tuple[str, ...]
    operations: tuple[str, ...]
    types: tuple[str, ...]


def bookings_of(footprint: Footprint) -> Bookings:
    """What is booked; of a footprint that moves coins."""
    book = _Book(footprint)
    return Bookings(
        tuple(sorted(_functions(footprint))),
        tuple(sorted(book.operations() & _allowed(_OPERATIONS))),
        tuple(sorted(book.types() & _allowed(_TYPES))),
    )


def _functions(footprint: Footprint) -> set[str]:
    """Those of the ledger that are called from outside it."""
    inside = {name for name in footprint.bodies if name.startswith("ledger.")}
    outside = [*footprint.asked.values()]
    outside += [body for name, body in footprint.bodies.items() if name not in inside]
    return {name for text in outside for name in _ASKED.findall(text)} & inside


class _Book:
    """Follows the words that `ledger.post` and its legs are given to where they are written."""

    def __init__(self, footprint: Footprint) -> None:
        self._texts = footprint.asked | footprint.bodies

    def operations(self) -> set[str]:
        return {
            word
            for name, text in self._texts.items()
            for operation, *_ in calls_of("ledger.post", text)
            for word in self._words(operation, name, frozenset())
        }

    def types(self) -> set[str]:
        """Of legs: `row(wallet, 'gift', amount, description)`."""
        return {
            word
            for name, text in self._texts.items()
            for leg in calls_of("row", text)
            if len(leg) == 4
            for word in self._words(leg[1], name, frozenset())
        }

    def _words(self, given: str, function: str, seen: frozenset[str]) -> set[str]:
        """What an expression in a function can be: itself, a variable's value, or an argument."""
        if not re.fullmatch(r"\w+", given):
            return literals(given)
        held = re.search(rf"\b{given} text := (.*?);", self._texts[function], re.DOTALL)
        if held:
            return literals(held[1])
        parameters = _signatures().get(function, [])
        if given not in parameters or function in seen:
            return set()
        place = parameters.index(given)
        return {
            word
            for caller, text in self._texts.items()
            for arguments in calls_of(function, text)
            if place < len(arguments)
            for word in self._words(arguments[place], caller, seen | {function})
        }


@lru_cache(maxsize=1)
def _signatures() -> dict[str, list[str]]:
    """The parameters of the ledger's functions that a caller gives, in their order."""
    text = _migrations()
    return {found[1]: list(_names(text, found.end())) for found in _SIGNATURE.finditer(text)}


def _names(text: str, start: int) -> Iterator[str]:
    for parameter in arguments_at(text, start):
        mode, *_ = words = parameter.split()
        if mode != "out":
            yield words[0]


def _allowed(check: re.Pattern[str]) -> set[str]:
    """What the last migration to say so allows; an earlier one's list is part of it."""
    return {word for listed in check.findall(_migrations()) for word in literals(listed)}


@lru_cache(maxsize=1)
def _migrations() -> str:
    return "\n".join(
        re.sub(r"--[^\n]*", "", migration.path.read_text()) for migration in read_migrations()
    )
