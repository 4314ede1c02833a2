"""The plan of a read: a tree of tables, joined by the relationships their embeds mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from local.gateway.rest import errors
from local.gateway.rest.embedding import find_relationship
from local.gateway.rest.query import Field, Is, Logic, SelectField
from local.gateway.rest.querystring import embed_path
from local.gateway.rest.ranges import ALL, Range
from local.gateway.rest.snippet import Name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.gateway.rest.catalogue import Catalogue, Relationship
    from local.gateway.rest.query import (
        Condition,
        Filter,
        Join,
        OrderTerm,
        Path,
        QueryParams,
        SelectItem,
    )

SOURCE = "pgrst_source"
"""The CTE that holds what a write returned or a function gave."""


@dataclass(slots=True)
class SpreadColumn:
    """A column of a spread embed, as its parent selects it."""

    name: str
    aggregate: str | None = None
    aggregate_cast: str | None = None
    alias: str | None = None

    @property
    def shown_as(self) -> str:
        return self.alias or self.name


@dataclass(slots=True)
class Node:
    """One table of the read, and the embeds under it."""

    table: Name
    """Whose columns it has: the table, or the name of the function whose rows these are."""
    name: str
    """What the request calls it."""
    depth: int = 0
    alias: str | None = None
    hint: str | None = None
    join: Join | None = None
    spread: Literal["one", "many"] | None = None
    select: list[SelectField] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    order: tuple[OrderTerm, ...] = ()
    range: Range = ALL
    children: list[Node] = field(default_factory=list)
    relationship: Relationship | None = None
    row_alias: str | None = None
    """How the SQL calls the table's rows; None: by its own name."""
    join_alias: str = ""
    """How the parent's SQL calls the joined subquery."""
    from_source: bool = False
    spread_columns: list[SpreadColumn] = field(default_factory=list)
    called_by_name: bool = False
    """Whether something called it by its name in spite of its alias."""

    @property
    def shown_as(self) -> str:
        return self.alias or self.name

    @property
    def rows(self) -> Name:
        """The name by which SQL refers to a row of this node."""
        if self.row_alias is not None:
            return Name("", self.row_alias)
        return self.table

    @property
    def is_to_one(self) -> bool:
        return self.relationship is not None and self.relationship.is_to_one

    @property
    def is_empty(self) -> bool:
        """An embed that shows nothing: `clients()`, there to be filtered by."""
        return not self.select and all(child.is_empty for child in self.children)

    def child(self, name: str) -> Node | None:
        return next((child for child in self.children if child.shown_as == name), None)


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """What to plan: the root, and which parts of the query string are about reading."""

    table: Name
    params: QueryParams
    ranges: dict[str, Range]
    kind: Literal["read", "write", "call"]
    max_rows: int | None
    aggregates: bool = False
    legacy_names: bool = True


def plan_read(catalogue: Catalogue, request: ReadRequest) -> Node:
    """Plan the tree.

    Raises:
        ApiError: for an embed that does not exist or is ambiguous, and for filters, orders and
            limits on something that is not embedded.
    """
    root = _tree(request.table, request.params.select)
    _attach(root, request)
    if request.kind != "read":
        root.from_source, root.row_alias = True, request.table.name
    for child in root.children:
        _relate(catalogue, request.table.schema, root, child)
    _expand_stars(catalogue, root, aggregated=False)
    _name_columns(root)
    _check_related_orders(root)
    if not request.aggregates:
        _refuse_aggregates(root)
    _plan_spreads(root)
    if request.kind != "write":
        _each(root, lambda node: _cap(node, request.max_rows))
    return root


def has_default_select(root: Node) -> bool:
    """`select=*` and nothing else: what media type handlers apply to."""
    star = [item.field.name for item in root.select] == ["*"]
    return star and not root.children


# --- the tree ---------------------------------------------------------------------------------


def _tree(table: Name, select: Sequence[SelectItem], depth: int = 0) -> Node:
    node = Node(table, table.name, depth)
    for item in select:
        if isinstance(item, SelectField):
            node.select.append(item)
            continue
        child = _tree(Name(table.schema, item.name), item.children, depth + 1)
        child.alias, child.hint, child.join = item.alias, item.hint, item.join
        child.spread = "one" if item.spread else None
        node.children.append(child)
    return node


def _attach(root: Node, request: ReadRequest) -> None:
    """Hang filters, orders and limits on the nodes they are about."""
    params, about_root = request.params, request.kind != "write"

    def find(path: Path) -> Node:
        return _find(root, path, legacy_names=request.legacy_names)

    for path, item in params.filters:
        if path or about_root:
            find(path).conditions.append(item)
    for path, terms in params.order:
        find(path).order = terms
    if about_root:
        for key, wanted in request.ranges.items():
            find(embed_path(key)).range = wanted
    for path, tree in params.logic:
        if path or about_root:
            find(path).conditions.append(tree)


def _find(node: Node, path: Path, *, legacy_names: bool) -> Node:
    for name in path:
        hidden = next((child for child in node.children if name in (child.name, child.alias)), None)
        child = hidden if legacy_names else node.child(name)
        if child is None:
            raise errors.not_embedded(name, hidden.alias if hidden else None)
        child.called_by_name = child.called_by_name or name != child.shown_as
        node = child
    return node


def legacy_calls(node: Node) -> list[tuple[str, str]]:
    """The name and alias of every embed that was called by its name in spite of its alias."""
    own = [(node.name, node.alias)] if node.alias and node.called_by_name else []
    return own + [pair for child in node.children for pair in legacy_calls(child)]


def _each(node: Node, act: Callable[[Node], None]) -> None:
    act(node)
    for child in node.children:
        _each(child, act)


def _cap(node: Node, max_rows: int | None) -> None:
    node.range = node.range.at_most(max_rows)


# --- relationships ----------------------------------------------------------------------------


def _relate(catalogue: Catalogue, schema: str, parent: Node, child: Node) -> None:
    origin = parent.table.name
    found = find_relationship(catalogue, schema, origin, child.name, child.hint)
    child.relationship, child.table = found, found.foreign
    child.join_alias = f"{found.table.name}_{child.shown_as}_{child.depth}"
    if found.junction is None:
        child.row_alias = f"{found.foreign.name}_{child.depth}"
    if child.spread and not found.is_to_one:
        child.spread = "many"
    for grandchild in child.children:
        _relate(catalogue, schema, child, grandchild)


def _check_related_orders(node: Node) -> None:
    for term in node.order:
        if term.relation is None:
            continue
        target = node.child(term.relation)
        if target is None:
            raise errors.not_embedded(term.relation)
        if not target.is_to_one:
            raise errors.related_order(node.table.name, target.shown_as)
    for child in node.children:
        _check_related_orders(child)


# --- columns ----------------------------------------------------------------------------------


def _expand_stars(catalogue: Catalogue, node: Node, *, aggregated: bool) -> None:
    """Write out `*` where PostgreSQL cannot: under aggregates, in to-many spreads, and where a
    column's type has a JSON representation of its own."""
    aggregated = aggregated or node.spread == "many" or any(i.aggregate for i in node.select)
    table = catalogue.tables.get(node.table)
    if table is not None:
        represented = any(
            (column.type, "json") in catalogue.representations for column in table.columns.values()
        )
        if aggregated or represented:
            node.select = [
                part for item in node.select for part in _expanded(item, list(table.columns))
            ]
    for child in node.children:
        _expand_stars(catalogue, child, aggregated=aggregated)


def _expanded(item: SelectField, columns: list[str]) -> list[SelectField]:
    if item.field.name != "*" or item.aggregate:
        return [item]
    return [replace(item, field=Field(name)) for name in columns]


def _name_columns(node: Node) -> None:
    """Give JSON paths the name of their last key, and aggregates of a spread their own name."""
    node.select = [_named(item, spread=node.spread is not None) for item in node.select]
    for child in node.children:
        _name_columns(child)


def _named(item: SelectField, *, spread: bool) -> SelectField:
    if item.alias is not None:
        return item
    if item.aggregate is not None:
        return replace(item, alias=item.aggregate) if spread else item
    if not item.field.path:
        return item
    keys = [step.key for step in item.field.path if not step.is_index]
    return replace(item, alias=keys[-1] if keys else item.field.name)


def _refuse_aggregates(node: Node) -> None:
    if any(item.aggregate for item in node.select):
        raise errors.aggregates_off()
    for child in node.children:
        _refuse_aggregates(child)


# --- spreads ----------------------------------------------------------------------------------


def _plan_spreads(node: Node) -> list[SpreadColumn]:
    """Decide what the parents of spread embeds select. Returns what `node` offers its own parent.

    An aggregate in a to-one spread is computed by the parent, where the rows to aggregate are:
    the child then selects the bare column.
    """
    for child in node.children:
        offered = _plan_spreads(child)
        if child.spread is not None:
            child.spread_columns = offered
    offered = [_offered(item, node) for item in node.select]
    for child in node.children:
        if child.spread is None:
            offered.append(SpreadColumn(child.shown_as))
        else:
            offered += _passed_up(child, node)
    if node.spread == "many" and any(column.aggregate for column in offered):
        raise errors.not_implemented(
            "Aggregates are not implemented for one-to-many or many-to-many spreads."
        )
    if node.spread == "many" and any(item.aggregate for item in node.select):
        raise errors.not_implemented(
            "Aggregates are not implemented for one-to-many or many-to-many spreads."
        )
    if node.spread == "one":
        node.select = [replace(i, aggregate=None, aggregate_cast=None) for i in node.select]
    return offered


def _offered(item: SelectField, node: Node) -> SpreadColumn:
    name = item.alias or item.field.name
    if node.spread == "one" and item.aggregate:
        return SpreadColumn(name, item.aggregate, item.aggregate_cast, item.alias)
    return SpreadColumn(name)


def _passed_up(child: Node, node: Node) -> list[SpreadColumn]:
    """The columns of a spread child, as the parent offers them to its own parent."""
    if node.spread != "one":
        return [SpreadColumn(column.shown_as) for column in child.spread_columns]
    passed = [
        SpreadColumn(column.shown_as, column.aggregate, column.aggregate_cast, column.alias)
        for column in child.spread_columns
    ]
    # The aggregate moves up with the column: here it would see one row at a time.
    child.spread_columns = [
        SpreadColumn(column.name, alias=column.alias) for column in child.spread_columns
    ]
    return passed


def null_embed(node: Node, item: Filter) -> Node | None:
    """The embed a null filter is about: `projects=is.null` next to `select=projects(*)`."""
    if item.field.path or item.operation != Is("null"):
        return None
    return node.child(item.field.name)


def read_columns(node: Node) -> set[str]:
    """The names of the columns that a node's filters and order read."""
    names = {term.field.name for term in node.order if term.relation is None}
    pending = list(node.conditions)
    while pending:
        item = pending.pop()
        if isinstance(item, Logic):
            pending += item.terms
        elif null_embed(node, item) is None:
            names.add(item.field.name)
    return names
