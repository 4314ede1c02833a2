"""Which rows of a result are wanted, and how the answer says which rows it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(r"([0-9]+)-([0-9]*)")


@dataclass(frozen=True, slots=True)
class Range:
    """Rows `lower` to `upper`, both included; no upper bound with None."""

    lower: int = 0
    upper: int | None = None

    @property
    def is_empty(self) -> bool:
        return self.upper is not None and self.upper < self.lower

    @property
    def is_limit_zero(self) -> bool:
        """`limit=0`: empty, but asked for."""
        return self.upper == -1

    @property
    def limit(self) -> int | None:
        return None if self.upper is None else self.upper - self.lower + 1

    def intersect(self, other: Range) -> Range:
        uppers = [bound for bound in (self.upper, other.upper) if bound is not None]
        return Range(max(self.lower, other.lower), min(uppers, default=None))

    def at_most(self, rows: int | None) -> Range:
        """The range cut to `rows` rows; an asked-for empty range stays as it is."""
        if rows is None or self.is_limit_zero:
            return self
        return self.intersect(Range(self.lower, self.lower + rows - 1))


ALL = Range()
LIMIT_ZERO = Range(0, -1)


def from_header(header: str | None) -> Range:
    """The range of a Range header; everything when there is none or it is not understood."""
    match = _HEADER.fullmatch(header or "")
    if match is None:
        return ALL
    return Range(int(match[1]), int(match[2]) if match[2] else None)


def from_limits(limits: dict[str, str], offsets: dict[str, str]) -> dict[str, Range]:
    """`limit` and `offset` parameters, joined by the embed they belong to."""
    ranges: dict[str, Range] = {}
    for key in limits.keys() | offsets.keys():
        count = _number(limits[key]) if key in limits else None
        start = _number(offsets[key]) if key in offsets else None
        ranges[key] = _joined(count, start, limited=key in limits)
    return ranges


def _joined(count: int | None, start: int | None, *, limited: bool) -> Range:
    offset = 0 if start is None else start
    if not limited:
        return Range(offset)
    if count is None:
        return ALL if start is None else Range(offset, offset - 1)
    if count == 0:
        return LIMIT_ZERO
    return Range(offset, offset + count - 1)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\s*-?[0-9]{1,18}\s*", text) else None


def content_range(lower: int, upper: int, total: int | None) -> str:
    """The Content-Range header."""
    has_rows = total != 0 and lower <= upper
    rows = f"{lower}-{upper}" if has_rows else "*"
    return f"{rows}/{'*' if total is None else total}"


def status_for(lower: int, upper: int, total: int | None) -> int:
    """200 when all rows came or nobody counted, 206 for a part, 416 past the end."""
    if total is None:
        return 200
    if lower > total:
        return 416
    return 206 if 1 + upper - lower < total else 200
