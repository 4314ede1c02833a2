"""The Prefer header (RFC 7240)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

type Return = Literal["representation", "headers-only", "minimal"]

_CHOICES: Final = {
    "resolution": ("merge-duplicates", "ignore-duplicates"),
    "missing": ("default", "null"),
    "return": ("representation", "minimal", "headers-only"),
    "count": ("exact", "planned", "estimated"),
    "tx": ("commit", "rollback"),
    "handling": ("strict", "lenient"),
}
_INT64_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the client prefers; None for what it did not say. The first of several wins."""

    resolution: str | None = None
    missing: str | None = None
    returns: str | None = None
    count: str | None = None
    tx: str | None = None
    handling: str | None = None
    timezone: str | None = None
    max_affected: int | None = None
    invalid: tuple[str, ...] = ()

    @property
    def is_strict(self) -> bool:
        return self.handling == "strict"

    @property
    def wants_exact_count(self) -> bool:
        """Whether rows are counted by counting (an estimate may turn out to be exact)."""
        return self.count in ("exact", "estimated")

    @property
    def affected_limit(self) -> int | None:
        """max-affected binds only under handling=strict."""
        return self.max_affected if self.is_strict else None

    def without(self, *names: str) -> Preferences:
        """The same without some, for a request that does not honour them."""
        nothing: dict[str, Any] = dict.fromkeys(names)
        return replace(self, **nothing)

    @property
    def applied(self) -> str | None:
        """The Preference-Applied header."""
        shown = {
            "resolution": self.resolution,
            "missing": self.missing,
            "return": self.returns,
            "count": self.count,
            "tx": self.tx,
            "handling": self.handling,
            "timezone": self.timezone,
            "max-affected": self.affected_limit,
        }
        said = [f"{name}={text}" for name, text in shown.items() if text is not None]
        return ", ".join(said) or None


def parse_preferences(headers: Iterable[str], *, allow_tx: bool = False) -> Preferences:
    """Read every Prefer header. `tx` is known but ignored unless allowed."""
    found: dict[str, str] = {}
    invalid: list[str] = []
    for item in (part.strip() for header in headers for part in header.split(",")):
        if not item:
            continue
        name, _, content = item.partition("=")
        if content in _CHOICES.get(name, ()) or name in ("timezone", "max-affected"):
            found.setdefault(name, content)
        else:
            invalid.append(item)
    return Preferences(
        resolution=found.get("resolution"),
        missing=found.get("missing"),
        returns=found.get("return"),
        count=found.get("count"),
        tx=found.get("tx") if allow_tx else None,
        handling=found.get("handling"),
        timezone=found.get("timezone"),
        max_affected=_integer(found.get("max-affected")),
        invalid=tuple(invalid),
    )


def _integer(text: str | None) -> int | None:
    if text is None or not text.lstrip("-").isdecimal() or len(text) > _INT64_DIGITS:
        return None
    return int(text)
