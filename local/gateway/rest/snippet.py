"""SQL text together with the values it waits for.

Every statement of the REST half is put together from snippets. A name can enter the text only
through `identifier` (quoted) and a value only through `value` (a bound parameter of unknown type,
so that PostgreSQL infers the type from the other operand, as it would for a literal).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterable


class Name(NamedTuple):
    """A qualified name. An empty schema means a name of the statement itself: an alias, a CTE."""

    schema: str
    name: str


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of SQL in psycopg's format style, with its parameters in order."""

    text: str = ""
    params: tuple[str | bytes | None, ...] = ()

    def __add__(self, other: Snippet | str) -> Snippet:
        if isinstance(other, str):
            return Snippet(self.text + other, self.params)
        return Snippet(self.text + other.text, self.params + other.params)

    def __radd__(self, other: str) -> Snippet:
        return Snippet(other + self.text, self.params)

    def __bool__(self) -> bool:
        return bool(self.text)


def join(separator: str, snippets: Iterable[Snippet]) -> Snippet:
    """The snippets with `separator` between them; empty for none."""
    items = list(snippets)
    return Snippet(
        separator.join(item.text for item in items),
        tuple(param for item in items for param in item.params),
    )


def raw(text: str) -> Snippet:
    """Trusted text: this code's own, or PostgreSQL's (a type, a default expression)."""
    return Snippet(text.replace("%", "%%"))


def value(content: str | bytes | None) -> Snippet:
    """A bound parameter of unknown type."""
    return Snippet("%s", (content,))


def identifier(name: str) -> Snippet:
    """One quoted identifier. PostgreSQL's identifiers end at a NUL, so the text does too."""
    kept = name.partition("\0")[0]
    return raw(sql.Identifier(kept).as_string(None))


def qualified(name: Name) -> Snippet:
    """`"schema"."name"`, or `"name"` alone for a name of the statement itself."""
    if not name.schema:
        return identifier(name.name)
    return identifier(name.schema) + "." + identifier(name.name)


def column(table: Name, name: str) -> Snippet:
    """`table."name"`; the star stays a star."""
    if name == "*":
        return qualified(table) + ".*"
    return qualified(table) + "." + identifier(name)


def literal(text: str) -> Snippet:
    """A quoted string constant, for text that comes from the catalogue."""
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return raw(" E'" + quoted.replace("\\", "\\\\") + "'")
    return raw(f"'{quoted}'")


def array_literal(items: Iterable[str]) -> str:
    """PostgreSQL's text form of an array, every element quoted."""
    escaped = (item.replace("\\", "\\\\").replace('"', '\\"') for item in items)
    return "{" + ",".join(f'"{item}"' for item in escaped) + "}"
