"""Media types: the Accept header, the Content-Type header, and what can be produced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

JSON: Final = "application/json"
CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
OPENAPI: Final = "application/openapi+json"
FORM: Final = "application/x-www-form-urlencoded"
TEXT: Final = "text/plain"
XML: Final = "text/xml"
OCTETS: Final = "application/octet-stream"
ANY: Final = "*/*"
OBJECT: Final = "application/vnd.pgrst.object+json"
ARRAY: Final = "application/vnd.pgrst.array+json"
PLAN: Final = "application/vnd.pgrst.plan"

_STRIPPED = "nulls=stripped"
_WITH_CHARSET = (JSON, CSV, GEOJSON, OPENAPI, FORM, TEXT, XML, OBJECT, ARRAY)
_PLAN_OPTIONS = ("analyze", "verbose", "settings", "buffers", "wal")


@dataclass(frozen=True, slots=True)
class Plan:
    """`application/vnd.pgrst.plan+json; for="..."; options=analyze|verbose`."""

    form: str
    of: MediaType
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type as far as it matters here."""

    name: str
    nulls_stripped: bool = False
    plan: Plan | None = None

    @property
    def is_object(self) -> bool:
        """Exactly one row, as an object."""
        return self.name == OBJECT

    @property
    def mime(self) -> str:
        if self.plan is not None:
            options = f"; options={'|'.join(self.plan.options)}" if self.plan.options else ""
            return f'{PLAN}+{self.plan.form}; for="{self.plan.of.mime}"{options}'
        return f"{self.name};{_STRIPPED}" if self.nulls_stripped else self.name

    @property
    def content_type(self) -> str:
        if self.plan is not None or self.name in _WITH_CHARSET:
            return f"{self.mime}; charset=utf-8"
        return self.mime


def parse_media_type(text: str) -> MediaType:
    """One media type, its parameters included."""
    name, *parameters = (part.strip() for part in text.split(";"))
    name = name or ANY
    if name in (OBJECT, "application/vnd.pgrst.object"):
        return MediaType(OBJECT, nulls_stripped=parameters == [_STRIPPED])
    if name in (ARRAY, "application/vnd.pgrst.array"):
        stripped = parameters == [_STRIPPED]
        return MediaType(ARRAY, nulls_stripped=True) if stripped else MediaType(JSON)
    if name in (PLAN, f"{PLAN}+text"):
        return _plan("text", parameters)
    if name == f"{PLAN}+json":
        return _plan("json", parameters)
    return MediaType(name)


def _plan(form: str, parameters: list[str]) -> MediaType:
    given = dict(item.split("=", 1) for item in parameters if "=" in item)
    wanted = given.get("options", "").split("|")
    options = tuple(option for option in _PLAN_OPTIONS if option in wanted)
    # What follows a semicolon inside the quotes was cut off with the other parameters.
    of = given.get("for", "").strip('"')
    if of and _STRIPPED.split("=", maxsplit=1)[0] in given:
        of += f";{_STRIPPED}"
    return MediaType(f"{PLAN}+{form}", plan=Plan(form, parse_media_type(of or JSON), options))


def parse_accept(header: str | None) -> list[MediaType]:
    """The accepted types, most wanted first."""
    if header is None:
        return [MediaType(ANY)]
    ranked: list[tuple[float, int, str]] = []
    for item in _split_outside_quotes(header):
        text, quality = _quality("".join(item.split()))
        ranked.append((quality, text.count(";") - text.count("*"), text))
    ranked.sort(key=lambda entry: entry[:2], reverse=True)
    return [parse_media_type(text) for _, _, text in ranked]


def _split_outside_quotes(header: str) -> list[str]:
    pieces, depth = [""], False
    for character in header:
        if character == '"':
            depth = not depth
        if character == "," and not depth:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces


def _quality(item: str) -> tuple[str, float]:
    text, found, rest = item.partition(";q=")
    number, semicolon, more = rest.partition(";")
    try:
        quality = float(number) if found else 1.0
    except ValueError:
        quality = 1.0
    return text + semicolon + more, quality
