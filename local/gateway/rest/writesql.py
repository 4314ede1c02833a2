"""The SQL of insert, upsert, update and delete."""

# ruff: noqa: S608 - names are quoted and values bound, see `snippet`.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from local.gateway.rest import errors
from local.gateway.rest.bodysql import BODY, BodyColumn, body_columns, from_body
from local.gateway.rest.conditions import Scope
from local.gateway.rest.query import Compare
from local.gateway.rest.readplan import read_columns
from local.gateway.rest.readsql import where
from local.gateway.rest.snippet import Name, Snippet, column, identifier, join, qualified, raw

if TYPE_CHECKING:
    from local.gateway.rest.catalogue import Catalogue, Table
    from local.gateway.rest.payload import Payload
    from local.gateway.rest.preferences import Preferences
    from local.gateway.rest.query import Condition, QueryParams
    from local.gateway.rest.readplan import Node

type WriteKind = Literal["insert", "update", "upsert", "delete"]

_COUNTER = "coalesce(nullif(current_setting('pgrst.inserted', true), '')::int, 0)"


@dataclass(frozen=True, slots=True)
class Write:
    """A planned write."""

    kind: WriteKind
    table: Table
    payload: Payload | None
    columns: tuple[BodyColumn, ...]
    conditions: tuple[Condition, ...]
    returning: tuple[str, ...]
    resolution: str | None = None
    conflict: tuple[str, ...] = ()
    defaults: bool = False


def plan_write(
    catalogue: Catalogue,
    kind: WriteKind,
    table: Table,
    params: QueryParams,
    preferences: Preferences,
    payload: Payload | None,
    read: Node,
) -> Write:
    """Plan a write.

    Raises:
        ApiError: PGRST204 for a key that is no column, PGRST105 for a PUT whose filters are not
            the primary key.
    """
    own_logic = tuple(tree for path, tree in params.logic if not path)
    columns = _columns(catalogue, table, payload) if kind != "delete" else ()
    if kind == "upsert":
        _check_put(table, params)
    wants_rows = preferences.returns in ("representation", "headers-only")
    resolution, conflict = preferences.resolution, params.on_conflict
    if kind == "upsert":
        resolution, conflict = "merge-duplicates", None
    return Write(
        kind=kind,
        table=table,
        payload=payload,
        columns=columns,
        conditions=(*params.root_filters, *own_logic) if kind != "insert" else (),
        returning=returned_columns(read, table.primary_key) if wants_rows else (),
        resolution=resolution if kind in ("insert", "upsert") else None,
        conflict=table.primary_key if conflict is None else conflict,
        defaults=preferences.missing == "default" and kind != "upsert",
    )


def _columns(catalogue: Catalogue, table: Table, payload: Payload | None) -> tuple[BodyColumn, ...]:
    found = []
    for key in sorted(payload.keys if payload else ()):
        known = table.columns.get(key)
        if known is None:
            raise errors.column_not_found(table.name.name, key)
        parser = catalogue.representations.get(("json", known.type))
        found.append(BodyColumn(key, known.type, known.default, parser))
    return tuple(found)


def _check_put(table: Table, params: QueryParams) -> None:
    by_value = all(
        isinstance(item.operation, Compare)
        and item.operation.operator == "eq"
        and item.operation.quantifier is None
        and not item.negated
        for item in params.root_filters
    )
    keys = frozenset(table.primary_key)
    if params.logic or not keys or params.filter_keys != keys or not by_value:
        raise errors.put_filters()


def returned_columns(read: Node, primary_key: tuple[str, ...]) -> tuple[str, ...]:
    """What must come back for the answer: what is selected, ordered and filtered by, what embeds
    join by, the key.

    A computed relationship takes the whole row, so then all of it.
    """
    selected = {item.field.name for item in read.select}
    computed = any(
        child.relationship is not None and child.relationship.function is not None
        for child in read.children
    )
    if "*" in selected or computed:
        return ("*",)
    joined = {
        name
        for child in read.children
        if child.relationship is not None
        for name in child.relationship.source_columns
    }
    return tuple(sorted({*selected, *joined, *primary_key, *read_columns(read)}))


# --- SQL --------------------------------------------------------------------------------------


def write_query(catalogue: Catalogue, write: Write) -> Snippet:
    scope = Scope(catalogue, write.table.name, write.table.name)
    if write.kind == "delete":
        parts = ["delete from " + qualified(write.table.name), _filtered(scope, write)]
    elif write.kind == "update":
        if not write.columns:
            return _no_change(write)
        parts = _update(scope, write)
    else:
        parts = _insert(catalogue, write)
    return join(" ", (part for part in (*parts, _returning(write)) if part))


def _filtered(scope: Scope, write: Write) -> Snippet:
    return where(scope, list(write.conditions))


def _update(scope: Scope, write: Write) -> list[Snippet]:
    assert write.payload is not None  # noqa: S101 - an update is always planned with its body
    assigned = join(
        ", ", (identifier(i.name) + " = " + column(BODY, i.name) for i in write.columns)
    )
    return [
        "update " + qualified(write.table.name),
        "set " + assigned,
        from_body(write.payload, write.columns, defaults=write.defaults),
        _filtered(scope, write),
    ]


def _no_change(write: Write) -> Snippet:
    """An update without columns is no SQL, and changes nothing; its columns are still selected."""
    rows = Name("", write.table.name.name)
    shown = join(", ", (column(rows, name) for name in write.returning)) or raw("null")
    return "select " + shown + " from " + qualified(write.table.name) + " where false"


def _insert(catalogue: Catalogue, write: Write) -> list[Snippet]:
    assert write.payload is not None  # noqa: S101 - an insert is always planned with its body
    names = join(", ", (identifier(item.name) for item in write.columns))
    conditions: list[Snippet] = []
    if write.resolution == "merge-duplicates":
        conditions.append(raw(_counted("+", "0")))
    body_scope = Scope(catalogue, write.table.name, BODY)
    conditions += [body_scope.condition(item) for item in write.conditions]
    return [
        "insert into " + qualified(write.table.name),
        "(" + names + ")" if names else Snippet(),
        "select " + body_columns(write.columns),
        from_body(write.payload, write.columns, defaults=write.defaults),
        "where " + join(" and ", conditions) if conditions else Snippet(),
        _on_conflict(write),
    ]


def _on_conflict(write: Write) -> Snippet:
    if write.resolution is None or not write.conflict:
        return Snippet()
    target = join(", ", (identifier(name) for name in write.conflict))
    clause = "on conflict (" + target + ") do "
    if write.resolution == "ignore-duplicates" or not write.columns:
        return clause + "nothing"
    assigned = join(
        ", ", (identifier(i.name) + " = excluded." + identifier(i.name) for i in write.columns)
    )
    return clause + "update set " + assigned + raw(f" where {_counted('-', '-1')}")


def _counted(sign: str, never: str) -> str:
    """A condition that is always true and counts: up for each row tried, down for each that was
    there already. What remains in `pgrst.inserted` is the number of new rows."""
    return f"set_config('pgrst.inserted', ({_COUNTER} {sign} 1)::text, true) <> '{never}'"


def _returning(write: Write) -> Snippet:
    if not write.returning:
        return Snippet("returning 1")
    return "returning " + join(", ", (column(write.table.name, n) for n in write.returning))
