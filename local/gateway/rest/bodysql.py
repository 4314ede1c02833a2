"""A JSON body as rows of typed columns."""

# ruff: noqa: S608 - names are quoted and values bound, see `snippet`.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.gateway.rest.snippet import Name, Snippet, column, identifier, join, literal, raw, value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.gateway.rest.payload import Payload

BODY = Name("", "pgrst_body")


@dataclass(frozen=True, slots=True)
class BodyColumn:
    """A key of the body: its type, what stands in when it is missing, and what reads its JSON."""

    name: str
    type: str
    default: str | None = None
    parser: str | None = None


def body_columns(columns: Sequence[BodyColumn]) -> Snippet:
    return join(", ", (column(BODY, item.name) for item in columns))


def from_body(
    payload: Payload,
    columns: Sequence[BodyColumn],
    *,
    defaults: bool = False,
    single: bool = False,
) -> Snippet:
    """`from ... pgrst_body`: one row for each object.

    `defaults` fills missing keys with the column's default instead of null. `single` keeps the
    first object only.
    """
    kind = "jsonb" if defaults else "json"
    source = "from (select " + value(payload.content) + f"::{kind} as json_data) pgrst_payload, "
    document = Snippet("pgrst_payload.json_data")
    if defaults:
        source += _with_defaults(payload, columns) + ", "
        document = Snippet("pgrst_json_defs.val")
    rows = _rows(payload, columns, kind, document)
    limit = " limit 1" if single else ""
    parsed = join(", ", (_parsed(item) for item in columns))
    return source + "lateral (select " + parsed + " from " + rows + limit + ") pgrst_body"


def _with_defaults(payload: Payload, columns: Sequence[BodyColumn]) -> Snippet:
    pairs = join(
        ", ",
        (literal(item.name) + ", " + raw(item.default) for item in columns if item.default),
    )
    base = "jsonb_build_object(" + pairs + ")"
    if payload.is_object:
        return "lateral (select " + base + " || pgrst_payload.json_data as val) pgrst_json_defs"
    return (
        "lateral (select jsonb_agg("
        + base
        + " || elem) as val from jsonb_array_elements(pgrst_payload.json_data) elem)"
        + " pgrst_json_defs"
    )


def _rows(payload: Payload, columns: Sequence[BodyColumn], kind: str, document: Snippet) -> Snippet:
    if not columns and payload.is_object:
        return Snippet("(values (1)) _")
    if not columns:
        return f"{kind}_array_elements(" + document + ") _"
    function = f"{kind}_to_record" if payload.is_object else f"{kind}_to_recordset"
    typed = join(", ", (identifier(item.name) + " " + raw(_type(item)) for item in columns))
    return f"{function}(" + document + ") as _(" + typed + ")"


def _type(item: BodyColumn) -> str:
    return "json" if item.parser else item.type


def _parsed(item: BodyColumn) -> Snippet:
    name = identifier(item.name)
    if item.parser is None:
        return name
    return raw(item.parser) + "(" + name + ") as " + name
