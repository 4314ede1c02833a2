"""Keyset pages: `limit` and an opaque `cursor` in, `nextCursor` out. There are no offsets."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, LiteralString

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from limelight.errors import Problem

Int32 = Annotated[int, Field(ge=0, lt=2**31)]
"""A sort key of PostgreSQL's type integer: a cursor that was tampered with stays in its range."""

Int64 = Annotated[int, Field(ge=0, lt=2**63)]
"""A sort key of PostgreSQL's type bigint."""


@dataclass(frozen=True)
class Keyset[Key: tuple[object, ...]]:
    """The order of one list: the list's name, which its cursors carry, and its sort key's type."""

    name: LiteralString
    key: type[Key]

    def cursor(self, key: Key) -> str:
        """The opaque form of a row's sort key."""
        text = f"{self.name} ".encode() + to_json(key)
        return base64.urlsafe_b64encode(text).decode()

    def read(self, cursor: str) -> Key:
        """The sort key in `cursor`. Raises Problem for a cursor that this list did not make."""
        try:
            text = base64.b64decode(cursor, altchars=b"-_", validate=True)
            name, _, key = text.partition(b" ")
            if name == self.name.encode():
                return self._keys.validate_json(key, strict=True)
        except (ValidationError, binascii.Error, ValueError):
            pass
        fault = {"parameter": "cursor", "detail": "This cursor is not of this list"}
        raise Problem("validation_failed", errors=(fault,))

    @cached_property
    def _keys(self) -> TypeAdapter[Key]:
        return TypeAdapter(self.key)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that the client asks for."""

    limit: int
    cursor: str | None

    def after[Key: tuple[object, ...]](self, keyset: Keyset[Key]) -> Key | None:
        """The sort key of the last row already seen, or None for the first page."""
        return None if self.cursor is None else keyset.read(self.cursor)

    @property
    def probe(self) -> int:
        """How many rows to fetch: one more than shown tells whether there are more."""
        return self.limit + 1

    def split[Row](self, rows: Sequence[Row]) -> tuple[Sequence[Row], Row | None]:
        """The rows to show of those that `probe` fetched, and the last of them if more follow."""
        shown = rows[: self.limit]
        return shown, shown[-1] if len(rows) > self.limit else None
