"""The one statement that does a request's work and makes its body."""

# ruff: noqa: S608 - names are quoted and values bound, see `snippet`.

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from local.gateway.rest.calls import Call, call_query
from local.gateway.rest.negotiation import NO_BODY, ROWS, Negotiated, body_sql
from local.gateway.rest.ranges import ALL
from local.gateway.rest.readplan import SOURCE
from local.gateway.rest.readsql import count_query, select_query
from local.gateway.rest.snippet import Snippet, join, literal, raw
from local.gateway.rest.writesql import Write, write_query

if TYPE_CHECKING:
    from local.gateway.rest.catalogue import Catalogue
    from local.gateway.rest.preferences import Preferences
    from local.gateway.rest.readplan import Node

_NO_TOTAL: Final = Snippet("null::int8")
_NO_LOCATION: Final = Snippet("null::text[]")
_INSERTED = "nullif(current_setting('pgrst.inserted', true), '')::int8"


def read_statement(
    catalogue: Catalogue,
    read: Node,
    found: Negotiated,
    preferences: Preferences,
    *,
    max_rows: int | None,
    with_body: bool,
) -> Snippet:
    """Answers a read. An estimate counts no further than one past the most rows there can be."""
    past_most = None if max_rows is None else max_rows + 1
    return _statement(
        source=select_query(catalogue, read),
        total=_total(catalogue, read, preferences, past_most),
        rows=raw(f"select * from {SOURCE}"),
        body=body_sql(found, None) if with_body else NO_BODY,
    )


def write_statement(
    catalogue: Catalogue, read: Node, write: Write, found: Negotiated, preferences: Preferences
) -> Snippet:
    """Writes, and answers with the rows when they are wanted."""
    full = preferences.returns == "representation"
    located = write.kind == "insert" and preferences.returns == "headers-only"
    return _statement(
        source=write_query(catalogue, write),
        rows=select_query(catalogue, read) if full else raw(f"select * from {SOURCE}"),
        body=body_sql(found, None) if full else NO_BODY,
        location=_location(write.table.primary_key) if located else _NO_LOCATION,
    )


def call_statement(
    catalogue: Catalogue,
    read: Node,
    call: Call,
    found: Negotiated,
    preferences: Preferences,
    *,
    with_body: bool,
) -> Snippet:
    """Calls a function, and reads from what it returns."""
    return _statement(
        source=call_query(call),
        total=_total(catalogue, read, preferences),
        rows=select_query(catalogue, read),
        body=body_sql(found, call.routine) if with_body else NO_BODY,
    )


def explain(statement: Snippet, form: str, options: tuple[str, ...] = ()) -> Snippet:
    listed = ", ".join((f"format {form}", *options))
    return f"explain ({listed}) " + statement


def _statement(
    *,
    source: Snippet,
    rows: Snippet,
    body: Snippet,
    total: Snippet = _NO_TOTAL,
    location: Snippet | None = None,
) -> Snippet:
    columns = [total + " as total", raw(f"count({ROWS}) as rows")]
    columns += [location + " as location"] if location is not None else []
    columns += [body + " as body", raw(f"{_INSERTED} as inserted")]
    return (
        f"with {SOURCE} as ("
        + source
        + ") select "
        + join(", ", columns)
        + " from ("
        + rows
        + f") {ROWS}"
    )


def _total(
    catalogue: Catalogue, read: Node, preferences: Preferences, past_most: int | None = None
) -> Snippet:
    """The number of all rows. A result without limits holds them all and needs no second look."""
    if not preferences.wants_exact_count:
        return _NO_TOTAL
    if read.range == ALL:
        return raw(f"count({ROWS})")
    counted = count_query(catalogue, read)
    if preferences.count == "estimated" and past_most is not None:
        counted += f" limit {past_most}"
    return "(select count(*) from (" + counted + ") as pgrst_counted)"


def _location(primary_key: tuple[str, ...]) -> Snippet:
    """The key of the one new row, as `name=eq.value`."""
    if not primary_key:
        return _NO_LOCATION
    names = join(", ", (literal(name) for name in primary_key))
    return (
        f"case when count({ROWS}) = 1 then (select array_agg(item.key || '=' || "
        "coalesce('eq.' || item.value, 'is.null')) "
        f"from (select row_to_json(_) as row from {SOURCE} as _ limit 1) data "
        "cross join json_each_text(data.row) as item where item.key in (" + names + ")) end"
    )
