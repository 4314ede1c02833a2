"""Derives the relationships between tables and views, and finds the one an embed means.

Foreign keys give many-to-one (or one-to-one, when the columns are unique) and its inverse. A view
takes over the foreign keys whose columns it shows. A table whose primary key holds two foreign
keys joins their targets many-to-many. Functions from a row to rows are computed relationships and
come before all of these.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from local.gateway.rest.catalogue import ColumnPairs, Junction, Relationship, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local.gateway.rest.snippet import Name
    from local.gateway.rest.viewcolumns import ColumnId


@dataclass(frozen=True, slots=True)
class ForeignKey:
    constraint: str
    table: Name
    foreign: Name
    table_id: int
    foreign_id: int
    numbers: tuple[int, ...]
    foreign_numbers: tuple[int, ...]
    columns: ColumnPairs
    is_unique: bool


@dataclass(frozen=True, slots=True)
class View:
    """A view, the columns of other relations it shows, and every primary key there is."""

    name: Name
    shows: dict[ColumnId, tuple[str, ...]]
    primary_keys: tuple[tuple[int, tuple[int, ...]], ...]

    def columns_for(self, table: int, numbers: Iterable[int]) -> Iterator[tuple[str, ...]]:
        """Every way the view shows these columns of a table; none when one is missing."""
        shown = [self.shows.get((table, number), ()) for number in numbers]
        yield from product(*shown)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The primary keys of the tables shown in full; the first column where shown twice."""
        found: list[str] = []
        for table, numbers in self.primary_keys:
            shown = [self.shows.get((table, number)) for number in numbers]
            if all(shown):
                found += [names[0] for names in shown if names]
        return tuple(dict.fromkeys(found))


type RelationshipMap = dict[tuple[Name, str], list[Relationship]]


def derive(
    tables: dict[Name, Table],
    keys: list[ForeignKey],
    views: list[View],
    computed: list[Relationship],
    exposed: frozenset[str],
) -> tuple[dict[Name, Table], RelationshipMap]:
    """The tables, views with their primary keys filled in, and every relationship by its start."""
    known = {**tables, **{view.name: _keyed(tables[view.name], view) for view in views}}
    forward = [relationship for key in keys for relationship in _forward(key, views)]
    detected = [*forward, *(_inverse(item) for item in forward), *_many_to_many(known, forward)]
    return known, _by_start(detected, computed, exposed)


def _keyed(table: Table, view: View) -> Table:
    return replace(table, primary_key=view.primary_key)


def _forward(key: ForeignKey, views: list[View]) -> Iterator[Relationship]:
    """The foreign key itself, and its images through views of either side."""
    here = [(key.table, tuple(name for name, _ in key.columns), False)]
    here += _images(views, key.table_id, key.numbers)
    there = [(key.foreign, tuple(name for _, name in key.columns), False)]
    there += _images(views, key.foreign_id, key.foreign_numbers)
    for (table, columns, is_view), (foreign, foreign_columns, foreign_is_view) in product(
        here, there
    ):
        yield Relationship(
            table=table,
            foreign=foreign,
            is_self=table == foreign,
            cardinality="one-to-one" if key.is_unique else "many-to-one",
            constraint=key.constraint,
            columns=tuple(zip(columns, foreign_columns, strict=True)),
            table_is_view=is_view,
            foreign_is_view=foreign_is_view,
        )


def _images(
    views: list[View], table: int, numbers: tuple[int, ...]
) -> list[tuple[Name, tuple[str, ...], bool]]:
    return [
        (view.name, columns, True) for view in views for columns in view.columns_for(table, numbers)
    ]


def _inverse(item: Relationship) -> Relationship:
    return replace(
        item,
        table=item.foreign,
        foreign=item.table,
        cardinality="one-to-one" if item.cardinality == "one-to-one" else "one-to-many",
        columns=tuple((there, here) for here, there in item.columns),
        table_is_view=item.foreign_is_view,
        foreign_is_view=item.table_is_view,
        is_inverse=True,
    )


def _many_to_many(tables: dict[Name, Table], forward: list[Relationship]) -> Iterator[Relationship]:
    by_table: dict[Name, list[Relationship]] = defaultdict(list)
    for item in forward:
        if item.cardinality == "many-to-one":
            by_table[item.table].append(item)
    for name, items in by_table.items():
        key = set(tables[name].primary_key) if name in tables else set()
        for source, target in product(items, items):
            used = {*source.source_columns, *target.source_columns}
            if source.constraint != target.constraint and used <= key:
                yield _through(name, source, target)


def _through(junction: Name, source: Relationship, target: Relationship) -> Relationship:
    return Relationship(
        table=source.foreign,
        foreign=target.foreign,
        is_self=source.foreign == target.foreign,
        cardinality="many-to-many",
        junction=Junction(
            junction,
            source.constraint,
            target.constraint,
            tuple((there, here) for here, there in source.columns),
            tuple((there, here) for here, there in target.columns),
        ),
        table_is_view=source.foreign_is_view,
        foreign_is_view=target.foreign_is_view,
    )


def _by_start(
    detected: list[Relationship], computed: list[Relationship], exposed: frozenset[str]
) -> RelationshipMap:
    """Grouped by start; a computed relationship hides the detected ones to what it is named as."""
    hidden = {(item.table, item.function) for item in computed}
    found: RelationshipMap = defaultdict(list)
    for item in computed:
        if item.function and item.table.schema in exposed and item.foreign.schema in exposed:
            found[item.table, item.function.schema].append(item)
    for item in detected:
        inside = item.table.schema in exposed and item.foreign.schema in exposed
        through = item.junction is None or item.junction.table.schema in exposed
        if inside and through and (item.table, item.foreign) not in hidden:
            found[item.table, item.foreign.schema].append(item)
    return {start: sorted(items, key=lambda item: item.sort_key) for start, items in found.items()}
