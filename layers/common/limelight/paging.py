"""Keyset pages: `limit` and an opaque `cursor` in, `nextCursor` out. There are no offsets."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from limelight.errors import Problem


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that the client asks for."""

    limit: int
    cursor: str | None

    def after[Key](self, key: type[Key]) -> Key | None:
        """The sort key of the last row already seen, or None for the first page.

        `key` is the type of the list's sort key, a tuple type. Raises Problem for a cursor that
        this list did not make.
        """
        if self.cursor is None:
            return None
        try:
            return TypeAdapter(key).validate_json(
                base64.b64decode(self.cursor, altchars=b"-_", validate=True)
            )
        except (ValidationError, binascii.Error, ValueError):
            fault = {"parameter": "cursor", "detail": "This cursor is not of this list"}
            raise Problem("validation_failed", errors=(fault,)) from None

    @property
    def probe(self) -> int:
        """How many rows to fetch: one more than shown tells whether there are more."""
        return self.limit + 1

    def split[Row](self, rows: Sequence[Row]) -> tuple[Sequence[Row], Row | None]:
        """The rows to show of those that `probe` fetched, and the last of them if more follow."""
        shown = rows[: self.limit]
        return shown, shown[-1] if len(rows) > self.limit else None


def encode_cursor(key: tuple[object, ...]) -> str:
    """The opaque form of a row's sort key."""
    return base64.urlsafe_b64encode(TypeAdapter(tuple).dump_json(key)).decode()
