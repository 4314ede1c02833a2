"""The body of a request.

A JSON body stays text on its way to PostgreSQL, so that `1.10` and large integers keep every
digit. It is parsed here only to learn its keys.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any, NoReturn

from local.gateway.rest import media
from local.gateway.rest.errors import invalid_body
from local.gateway.rest.querystring import decode_pairs

_NOT_JSON = "Empty or invalid json"
_DIFFERENT_KEYS = "All object keys must match"


@dataclass(frozen=True, slots=True)
class Payload:
    """The content, and the columns or parameters it names."""

    content: str | bytes
    keys: frozenset[str] = frozenset()
    arguments: tuple[tuple[str, str], ...] | None = None
    """Of a form posted to a function: the pairs as they came."""

    @property
    def is_object(self) -> bool:
        """Whether the JSON text begins as an object does."""
        text = self.content if isinstance(self.content, str) else ""
        return text.lstrip(" \t\r\n").startswith("{")


def read_payload(
    body: bytes, content_type: str, columns: frozenset[str] | None, *, for_function: bool
) -> Payload:
    """Read a body by its content type.

    Raises:
        ApiError: PGRST102 when it cannot be read.
    """
    if content_type == media.JSON:
        return _json(body, columns, for_function=for_function)
    if content_type == media.CSV:
        return _csv(_utf8(body, _NOT_JSON))
    if content_type == media.FORM:
        return _form(body, for_function=for_function)
    if for_function and content_type in (media.TEXT, media.XML):
        return Payload(_utf8(body, "The body must be UTF-8"))
    if for_function and content_type == media.OCTETS:
        return Payload(body)
    raise invalid_body(f"Content-Type not acceptable: {content_type}")


def _utf8(body: bytes, otherwise: str) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise invalid_body(otherwise) from error


def _json(body: bytes, columns: frozenset[str] | None, *, for_function: bool) -> Payload:
    text = _utf8(body, _NOT_JSON)
    if columns is not None:
        return Payload(text, columns)
    if not text and for_function:
        return Payload("{}")
    content = _parsed(text)
    if isinstance(content, dict):
        return Payload(text, frozenset(content))
    if not isinstance(content, list) or not content:
        return Payload("[]")
    return Payload(text, _common_keys(content))


def _parsed(text: str) -> Any:
    try:
        # The values do not matter: as text they cannot be too large for anything.
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise invalid_body(_NOT_JSON) from error


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _common_keys(items: list[Any]) -> frozenset[str]:
    if not all(isinstance(item, dict) for item in items):
        raise invalid_body(_DIFFERENT_KEYS)
    keys = frozenset(items[0])
    if any(item.keys() != keys for item in items):
        raise invalid_body(_DIFFERENT_KEYS)
    return keys


def _csv(text: str) -> Payload:
    """Rows as objects of strings; a bare NULL is null."""
    rows = list(csv.reader(io.StringIO(text)))
    if not rows:
        raise invalid_body('parse error (not enough input) at ""')
    names, *lines = [row for row in rows if row]
    if any(len(line) != len(names) for line in lines):
        raise invalid_body("All lines must have same number of fields")
    items = [
        {name: None if cell == "NULL" else cell for name, cell in zip(names, line, strict=True)}
        for line in lines
    ]
    keys = frozenset(names) if items else frozenset()
    return Payload(json.dumps(items, ensure_ascii=False), keys)


def _form(body: bytes, *, for_function: bool) -> Payload:
    pairs = tuple((key, content or "") for key, content in decode_pairs(body))
    keys = frozenset(key for key, _ in pairs)
    if for_function:
        return Payload("", keys, pairs)
    return Payload(json.dumps(dict(pairs), ensure_ascii=False), keys)
