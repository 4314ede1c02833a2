"""The SQL of a planned read: one statement, embeds as lateral joins."""

# ruff: noqa: S608 - names are quoted and values bound, see `snippet`.

from __future__ import annotations

from typing import TYPE_CHECKING

from local.gateway.rest.conditions import Scope, aliased, cast
from local.gateway.rest.readplan import SOURCE, Node, SpreadColumn, null_embed
from local.gateway.rest.snippet import (
    Name,
    Snippet,
    column,
    identifier,
    join,
    qualified,
    raw,
    value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.gateway.rest.catalogue import Catalogue
    from local.gateway.rest.query import Condition, Field, Filter, OrderTerm, SelectField
    from local.gateway.rest.ranges import Range


def select_query(catalogue: Catalogue, node: Node, parent: Node | None = None) -> Snippet:
    """`select ... from ... where ...` for a node and everything under it."""
    scope = Scope(catalogue, node.table, node.rows, lambda item: _embed_is_null(node, item))
    conditions = [scope.condition(item) for item in node.conditions]
    conditions += _join_conditions(node, parent)
    extra = _order_columns(scope, node) if node.spread == "many" else []
    parts = [
        "select " + join(", ", [*_selected(scope, node), *extra, *_from_children(node)]),
        _from(node, parent),
        *(_joined(catalogue, child, node) for child in node.children),
        _where(conditions),
        _group_by(scope, node),
        _order_by(scope, node),
        limit(node.range),
    ]
    return join(" ", (part for part in parts if part))


def count_query(catalogue: Catalogue, node: Node, parent: Node | None = None) -> Snippet:
    """One row for each row of the whole result, whatever its limits."""
    scope = Scope(
        catalogue, node.table, node.rows, lambda item: _embed_exists(catalogue, node, item)
    )
    conditions = [scope.condition(item) for item in node.conditions]
    conditions += _join_conditions(node, parent)
    conditions += [
        "exists (" + count_query(catalogue, child, node) + ")"
        for child in node.children
        if child.join == "inner"
    ]
    return "select 1 " + _from(node, parent) + " " + _where(conditions)


def limit(wanted: Range) -> Snippet:
    if wanted.lower <= 0 and wanted.upper is None:
        return Snippet()
    rows = wanted.limit
    count = raw("all") if rows is None else value(str(max(rows, 0)))
    return "limit " + count + " offset " + value(str(wanted.lower))


def where(scope: Scope, conditions: list[Condition]) -> Snippet:
    return _where([scope.condition(item) for item in conditions])


def _where(conditions: list[Snippet]) -> Snippet:
    return "where " + join(" and ", conditions) if conditions else Snippet()


# --- from -------------------------------------------------------------------------------------


def _from(node: Node, parent: Node | None) -> Snippet:
    source = "from " + _relation(node, parent)
    if node.row_alias is not None:
        source += " as " + identifier(node.row_alias)
    if node.relationship is not None and node.relationship.junction is not None:
        source += ", " + qualified(node.relationship.junction.table)
    return source


def _relation(node: Node, parent: Node | None) -> Snippet:
    if node.from_source:
        return identifier(SOURCE)
    computed = node.relationship
    if parent is None or computed is None or computed.function is None:
        return qualified(node.table)
    # The cast tells overloads apart when the parent's rows come from a CTE.
    row = qualified(parent.rows) if parent.row_alias else identifier(parent.table.name)
    return qualified(computed.function) + "(" + row + "::" + qualified(computed.table) + ")"


def _join_conditions(node: Node, parent: Node | None) -> list[Snippet]:
    found = node.relationship
    if parent is None or found is None or found.function is not None:
        return []
    if found.junction is None:
        return [
            column(node.rows, there) + " = " + column(parent.rows, here)
            for here, there in found.columns
        ]
    through = found.junction
    return [
        column(through.table, there) + " = " + column(rows, here)
        for rows, pairs in (
            (node.rows, through.target_columns),
            (parent.rows, through.source_columns),
        )
        for here, there in pairs
    ]


def _joined(catalogue: Catalogue, child: Node, parent: Node) -> Snippet:
    alias = identifier(child.join_alias)
    rows = select_query(catalogue, child, parent)
    condition = Snippet("true")
    if child.spread == "many" or (child.spread is None and not child.is_to_one):
        spread = [_spread_list(child, item) for item in child.spread_columns]
        listed = join(", ", ["json_agg(" + alias + ")::jsonb as " + alias, *spread])
        rows = "select " + listed + " from (" + rows + ") as " + alias
        if child.join == "inner":
            condition = alias + " is not null"
    kind = "inner" if child.join == "inner" else "left"
    return f"{kind} join lateral (" + rows + ") as " + alias + " on " + condition


# --- select -----------------------------------------------------------------------------------


def _selected(scope: Scope, node: Node) -> list[Snippet]:
    if not node.select and not node.children:
        return [column(node.rows, "*")]
    return [_select_item(scope, item) for item in node.select]


def _select_item(scope: Scope, item: SelectField) -> Snippet:
    alias = item.alias
    content = cast(_content(scope, item), item.cast)
    if alias is None and _representation(scope, item.field) and item.aggregate is None:
        alias = item.field.name
    if item.aggregate is not None:
        content = cast(f"{item.aggregate}(" + content + ")", item.aggregate_cast)
    return aliased(content, alias)


def _content(scope: Scope, item: SelectField) -> Snippet:
    """The field in its type's JSON form. A star with an alias, and no aggregate to be of, is the
    row: what the parent of a spread embed counts."""
    if item.field.name == "*" and item.alias is not None and item.aggregate is None:
        return scope.whole_row()
    formatter = _representation(scope, item.field)
    content = scope.field(item.field)
    return raw(formatter) + "(" + content + ")" if formatter else content


def _representation(scope: Scope, item: Field) -> str | None:
    known = scope.catalogue.column_type(scope.table, item.name)
    if known is None or item.path:
        return None
    return scope.catalogue.representations.get((known.type, "json"))


def _from_children(node: Node) -> Iterator[Snippet]:
    for child in node.children:
        alias = identifier(child.join_alias)
        if child.spread is not None:
            for item in child.spread_columns:
                yield _spread_item(child, item)
        elif child.is_empty:
            continue
        elif child.is_to_one:
            yield aliased("row_to_json(" + alias + ".*)::jsonb", child.shown_as)
        else:
            yield aliased("coalesce(" + alias + "." + alias + ", '[]')", child.shown_as)


def _spread_item(child: Node, item: SpreadColumn) -> Snippet:
    content = column(Name("", child.join_alias), item.name)
    if item.aggregate is not None:
        content = cast(f"{item.aggregate}(" + content + ")", item.aggregate_cast)
    return aliased(content, item.alias)


def _spread_list(child: Node, item: SpreadColumn) -> Snippet:
    """A column of a to-many spread: all its values, in the order of the embed."""
    if child.spread != "many":
        return Snippet()
    rows = Name("", child.join_alias)
    order = join(
        ", ",
        (
            column(rows, _order_alias(child, term, number)) + _direction(term)
            for number, term in enumerate(child.order, start=1)
        ),
    )
    inside = column(rows, item.name) + (" order by " + order if order else Snippet())
    return aliased("coalesce(json_agg(" + inside + "), '[]')::jsonb", item.shown_as)


def _group_by(scope: Scope, node: Node) -> Snippet:
    spread = [(child, item) for child in node.children for item in child.spread_columns]
    aggregated = any(item.aggregate for item in node.select)
    if not aggregated and not any(item.aggregate for _, item in spread):
        return Snippet()
    terms = [
        identifier(item.alias) if item.alias is not None else scope.field(item.field)
        for item in node.select
        if item.aggregate is None
    ]
    terms += [
        identifier(child.shown_as)
        for child in node.children
        if child.spread is None and not child.is_empty
    ]
    terms += [
        column(Name("", child.join_alias), item.shown_as)
        for child, item in spread
        if item.aggregate is None
    ]
    return "group by " + join(", ", terms) if terms else Snippet()


# --- order ------------------------------------------------------------------------------------


def _order_by(scope: Scope, node: Node) -> Snippet:
    if not node.order:
        return Snippet()
    terms = (_order_field(scope, node, term) + _direction(term) for term in node.order)
    return "order by " + join(", ", terms)


def _order_field(scope: Scope, node: Node, term: OrderTerm) -> Snippet:
    if term.relation is None:
        return scope.field(term.field)
    target = node.child(term.relation)
    rows = Name("", target.join_alias if target else term.relation)
    return Scope(scope.catalogue, rows, rows).field(term.field)


def _order_columns(scope: Scope, node: Node) -> list[Snippet]:
    """What a to-many spread is ordered by, selected so that its lists can be."""
    return [
        aliased(_order_field(scope, node, term), _order_alias(node, term, number))
        for number, term in enumerate(node.order, start=1)
    ]


def _order_alias(node: Node, term: OrderTerm, number: int) -> str:
    return f"{node.join_alias}_{term.field.name}_{number}"


def _direction(term: OrderTerm) -> str:
    direction = f" {term.direction}" if term.direction else ""
    return direction + (f" nulls {term.nulls}" if term.nulls else "")


# --- filters on embeds ------------------------------------------------------------------------


def _embed_is_null(node: Node, item: Filter) -> Snippet | None:
    child = null_embed(node, item)
    if child is None:
        return None
    negation = "" if item.negated else "not "
    return identifier(child.join_alias) + f" is {negation}distinct from null"


def _embed_exists(catalogue: Catalogue, node: Node, item: Filter) -> Snippet | None:
    child = null_embed(node, item)
    if child is None:
        return None
    negation = "" if item.negated else "not "
    return f"{negation}exists (" + count_query(catalogue, child, node) + ")"
