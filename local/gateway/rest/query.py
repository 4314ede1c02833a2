"""What a query string asks for, before anything is known of the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from local.gateway.rest.ranges import Range

type Path = tuple[str, ...]
"""The embeds to walk from the root: `a.b.id=eq.1` has the path `("a", "b")`."""

type Join = Literal["inner", "left"]
type Direction = Literal["asc", "desc"]
type Nulls = Literal["first", "last"]
type Aggregate = Literal["sum", "avg", "count", "max", "min"]


@dataclass(frozen=True, slots=True)
class JsonStep:
    """One arrow of a JSON path. An index keeps its sign: `+1`, `-3`."""

    arrow: Literal["->", "->>"]
    key: str
    is_index: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A column, or something inside a JSON column."""

    name: str
    path: tuple[JsonStep, ...] = ()


@dataclass(frozen=True, slots=True)
class SelectField:
    """`alias:name->path::cast.sum()::cast`."""

    field: Field
    aggregate: Aggregate | None = None
    aggregate_cast: str | None = None
    cast: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class SelectRelation:
    """`alias:name!hint!inner(children)`, or `...name(children)` when it is spread."""

    name: str
    alias: str | None = None
    hint: str | None = None
    join: Join | None = None
    spread: bool = False
    children: tuple[SelectItem, ...] = ()


type SelectItem = SelectField | SelectRelation


@dataclass(frozen=True, slots=True)
class Compare:
    """`eq.1`, `like(any).{a*,b*}`, `cs.{1}`."""

    operator: str
    value: str
    quantifier: Literal["any", "all"] | None = None


@dataclass(frozen=True, slots=True)
class In:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Is:
    """`is.null` and its like; the word as SQL writes it."""

    word: Literal["null", "not null", "true", "false", "unknown"]


@dataclass(frozen=True, slots=True)
class IsDistinct:
    value: str


@dataclass(frozen=True, slots=True)
class TextSearch:
    """`fts(english).cat`."""

    function: str
    language: str | None
    value: str


type Operation = Compare | In | Is | IsDistinct | TextSearch


@dataclass(frozen=True, slots=True)
class Filter:
    field: Field
    operation: Operation
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Logic:
    """`and(...)` or `or(...)`."""

    operator: Literal["and", "or"]
    terms: tuple[Condition, ...]
    negated: bool = False


type Condition = Filter | Logic


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """`field.desc.nullslast`; with a relation, `relation(field)`."""

    field: Field
    direction: Direction | None = None
    nulls: Nulls | None = None
    relation: str | None = None


@dataclass(frozen=True, slots=True)
class QueryParams:
    """A parsed query string."""

    canonical: str
    """Sorted and encoded again, for Content-Location."""
    select: tuple[SelectItem, ...] = ()
    filters: tuple[tuple[Path, Filter], ...] = ()
    filter_keys: frozenset[str] = frozenset()
    logic: tuple[tuple[Path, Logic], ...] = ()
    order: tuple[tuple[Path, tuple[OrderTerm, ...]], ...] = ()
    ranges: dict[str, Range] = field(default_factory=dict)
    """By the key of the limit: `limit`, `k.limit`."""
    arguments: tuple[tuple[str, str], ...] = ()
    """Of a function called by GET: the parameters that are no filters."""
    columns: frozenset[str] | None = None
    on_conflict: tuple[str, ...] | None = None

    @property
    def root_filters(self) -> tuple[Filter, ...]:
        return tuple(item for path, item in self.filters if not path)
