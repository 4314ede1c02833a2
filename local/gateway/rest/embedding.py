"""Finds the relationship that `select=target!hint(...)` means, or says why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.gateway.rest.errors import ApiError
from local.gateway.rest.fuzzy import best_match, matches
from local.gateway.rest.snippet import Name

if TYPE_CHECKING:
    from local.gateway.rest.catalogue import Catalogue, ColumnPairs, Relationship


def find_relationship(
    catalogue: Catalogue, schema: str, origin: str, target: str, hint: str | None
) -> Relationship:
    """The one relationship from `origin` that `target` and `hint` can mean.

    Raises:
        ApiError: PGRST200 for none, PGRST201 for several.
    """
    known = catalogue.relationships.get((Name(schema, origin), schema), [])
    found = [item for item in known if _matches(item, target, hint)]
    if not found:
        raise _none(catalogue, schema, origin, target, hint)
    if len(found) > 1:
        raise _several(origin, target, found)
    return found[0]


def _matches(item: Relationship, target: str, hint: str | None) -> bool:
    if item.function is not None:
        return target == item.function.name
    if item.is_self:
        return _matches_self(item, target, hint)
    if hint is not None:
        return target == item.foreign.name and _is_hinted(item, hint)
    if target == item.foreign.name:
        return True
    by_key = target == item.constraint or target == _single(item, 0)
    return by_key and not item.foreign_is_view


def _matches_self(item: Relationship, target: str, hint: str | None) -> bool:
    """One key, two directions: the table's name means the many, the column's name the one."""
    to_many = target == item.foreign.name and item.cardinality == "one-to-many"
    if hint is not None:
        return to_many and hint == _single(item, 1)
    return to_many or (item.cardinality == "many-to-one" and target == _single(item, 0))


def _is_hinted(item: Relationship, hint: str) -> bool:
    if item.junction is not None:
        return hint == item.junction.table.name
    return hint in (item.constraint, _single(item, 0), _single(item, 1))


def _single(item: Relationship, side: int) -> str | None:
    """The column on one side of a single-column key."""
    if item.junction is not None or len(item.columns) != 1:
        return None
    return item.columns[0][side]


# --- errors -----------------------------------------------------------------------------------


def _none(
    catalogue: Catalogue, schema: str, origin: str, target: str, hint: str | None
) -> ApiError:
    using = f" using the hint '{hint}'" if hint is not None else ""
    return ApiError(
        400,
        "PGRST200",
        f"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
        f"Searched for a foreign key relationship between '{origin}' and '{target}'{using} "
        f"in the schema '{schema}', but no matches were found.",
        _suggestion(catalogue, schema, origin, target),
    )


def _suggestion(catalogue: Catalogue, schema: str, origin: str, target: str) -> str | None:
    known = catalogue.relationships.get((Name(schema, origin), schema))
    if known is None:
        names = [table.name for table, to in catalogue.relationships if to == schema]
        parent = best_match(names, origin)
        return f"Perhaps you meant '{parent}' instead of '{origin}'." if parent else None
    # A target that is known by its exact name needs no other: then it is the hint that is wrong.
    near = [name for score, name in matches([i.foreign.name for i in known], target) if score < 1]
    return f"Perhaps you meant '{near[0]}' instead of '{target}'." if near else None


def _several(origin: str, target: str, found: list[Relationship]) -> ApiError:
    choices = ", ".join(f"'{item.foreign.name}!{_hint_for(item)}'" for item in found)
    return ApiError(
        300,
        "PGRST201",
        "Could not embed because more than one relationship was found for "
        f"'{origin}' and '{target}'",
        [_described(item) for item in found],
        f"Try changing '{target}' to one of the following: {choices}. "
        "Find the desired relationship in the 'details' key.",
    )


def _hint_for(item: Relationship) -> str:
    return item.junction.table.name if item.junction else item.constraint


def _described(item: Relationship) -> dict[str, Any]:
    return {
        "cardinality": item.cardinality,
        "embedding": f"{item.table.name} with {item.foreign.name}",
        "relationship": _path(item),
    }


def _path(item: Relationship) -> str:
    junction = item.junction
    if junction is None:
        here, there = _side(item.columns, 0), _side(item.columns, 1)
        return f"{item.constraint} using {item.table.name}{here} and {item.foreign.name}{there}"
    source, target = _side(junction.source_columns, 1), _side(junction.target_columns, 1)
    return (
        f"{junction.table.name} using {junction.source_constraint}{source} "
        f"and {junction.target_constraint}{target}"
    )


def _side(pairs: ColumnPairs, side: int) -> str:
    return f"({', '.join(pair[side] for pair in pairs)})"
