"""What is known of the database: tables, relationships, functions, roles.

Read by `introspection`, held in memory, replaced as a whole on reload.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from local.gateway.rest.fuzzy import best_match

if TYPE_CHECKING:
    from local.gateway.rest.snippet import Name

NAME_HINT_SCORE = 0.75
"""A hint names something the caller did not: only a near miss earns one."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    """As `format_type` writes it with an empty search path, modifiers included."""
    base_type: str
    """The same, or the type under a domain."""
    default: str | None
    nullable: bool
    description: str | None
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view, materialised view, partitioned or foreign table."""

    name: Name
    description: str | None
    is_view: bool
    insertable: bool
    updatable: bool
    deletable: bool
    primary_key: tuple[str, ...]
    columns: dict[str, Column]


type ColumnPairs = tuple[tuple[str, str], ...]
"""(column here, column there) of a relationship."""


@dataclass(frozen=True, slots=True)
class Junction:
    """The table between the two sides of a many-to-many relationship."""

    table: Name
    source_constraint: str
    target_constraint: str
    source_columns: ColumnPairs
    target_columns: ColumnPairs


type Cardinality = Literal["one-to-many", "many-to-one", "one-to-one", "many-to-many"]

_CARDINALITY_ORDER: tuple[Cardinality, ...] = (
    "one-to-many",
    "many-to-one",
    "one-to-one",
    "many-to-many",
)


@dataclass(frozen=True, slots=True)
class Relationship:
    """How rows of `table` find rows of `foreign`.

    A computed relationship has a `function` and `single_row`; one by foreign keys has a
    `constraint` and `columns`, or a `junction`.
    """

    table: Name
    foreign: Name
    is_self: bool
    cardinality: Cardinality
    constraint: str = ""
    columns: ColumnPairs = ()
    junction: Junction | None = None
    table_is_view: bool = False
    foreign_is_view: bool = False
    function: Name | None = None
    is_inverse: bool = False
    """Whether it is seen from the side that the foreign key refers to."""

    @property
    def is_to_one(self) -> bool:
        return self.cardinality in ("many-to-one", "one-to-one")

    @property
    def source_columns(self) -> tuple[str, ...]:
        """The columns of `table` that the join reads."""
        pairs = self.junction.source_columns if self.junction else self.columns
        return tuple(here for here, _ in pairs)

    @property
    def sort_key(self) -> tuple[object, ...]:
        """A stable order, for the lists in error messages."""
        junction = self.junction
        rank = _CARDINALITY_ORDER.index(self.cardinality)
        named = self.function or ("", "")
        between = (
            (*junction.table, junction.source_constraint, junction.target_constraint)
            if junction
            else ()
        )
        return (*named, self.table, self.foreign, rank, self.constraint, self.columns, between)


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    """Empty for an unnamed one."""
    type: str
    wide_type: str
    """`type` without the length limit that `bit` and `character` would silently apply."""
    required: bool
    variadic: bool


@dataclass(frozen=True, slots=True)
class Routine:
    """A function that can be called."""

    name: Name
    description: str | None
    parameters: tuple[Parameter, ...]
    returns: Name
    returns_set: bool
    returns_composite: bool
    volatility: Literal["immutable", "stable", "volatile"]
    isolation: str | None
    settings: tuple[tuple[str, str], ...]

    @property
    def is_variadic(self) -> bool:
        return any(parameter.variadic for parameter in self.parameters)

    @property
    def returns_void(self) -> bool:
        return not self.returns_set and self.returns == ("pg_catalog", "void")

    @property
    def returns_scalar(self) -> bool:
        return not self.returns_set and not self.returns_composite

    @property
    def returns_set_of_scalar(self) -> bool:
        return self.returns_set and not self.returns_composite

    @property
    def returns_single_composite(self) -> bool:
        return not self.returns_set and self.returns_composite

    @property
    def relation(self) -> Name:
        """The table whose rows come back, by which they can embed; else the function's name."""
        name = self.returns.name if self.returns_composite else self.name.name
        return type(self.name)(self.name.schema, name)


@dataclass(frozen=True, slots=True)
class MediaHandler:
    """A function that turns rows into a media type. No function: the value already is one."""

    function: Name | None
    media: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One reading of the database."""

    tables: dict[Name, Table] = field(default_factory=dict)
    relationships: dict[tuple[Name, str], list[Relationship]] = field(default_factory=dict)
    """By the table they start from and the schema they lead to."""
    routines: dict[Name, list[Routine]] = field(default_factory=dict)
    representations: dict[tuple[str, str], str] = field(default_factory=dict)
    """Casts between a domain and json or text: (from, to) to the function that does it."""
    media_handlers: dict[tuple[Name | None, str], MediaHandler] = field(default_factory=dict)
    """By relation (None: any) and media type."""
    role_settings: dict[str, dict[str, str]] = field(default_factory=dict)
    has_geojson: bool = False
    """Whether PostGIS can write rows as GeoJSON."""
    fingerprint: str = ""

    def column_type(self, table: Name, column: str) -> Column | None:
        found = self.tables.get(table)
        return found.columns.get(column) if found else None

    def table_hint(self, schema: str, wanted: str) -> str | None:
        names = [name.name for name in self.tables if name.schema == schema]
        match = best_match(names, wanted, NAME_HINT_SCORE)
        return f"Perhaps you meant the table '{schema}.{match}'" if match else None
