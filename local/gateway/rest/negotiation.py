"""Which media type answers a request, and the SQL that produces it."""

# ruff: noqa: S608 - names are quoted and values bound, see `snippet`.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from local.gateway.rest import media
from local.gateway.rest.errors import unknown_media
from local.gateway.rest.media import MediaType, parse_media_type
from local.gateway.rest.snippet import Name, Snippet, column, qualified, raw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.gateway.rest.catalogue import Catalogue, MediaHandler, Routine

ROWS: Final = "_postgrest_t"
NO_BODY: Final = Snippet("''")


@dataclass(frozen=True, slots=True)
class Negotiated:
    """The type of the answer, and what makes it: a handler of the database's, or a built-in."""

    type: MediaType
    body: MediaType
    """The same, or what is explained when the answer is a query plan."""
    handler: MediaHandler | None = None
    relation: Name | None = None
    """The relation the handler is for; None when it takes any row."""


def negotiate(
    catalogue: Catalogue,
    relation: Name,
    accepts: Sequence[MediaType],
    *,
    default_select: bool,
    plans: bool,
) -> Negotiated:
    """The first accepted type that can be produced.

    Raises:
        ApiError: PGRST107 when there is none.
    """
    for accepted in accepts:
        found = _produce(catalogue, relation, accepted, default_select=default_select, plans=plans)
        if found is not None:
            return found
    raise unknown_media([item.mime for item in accepts])


def _produce(
    catalogue: Catalogue,
    relation: Name,
    wanted: MediaType,
    *,
    default_select: bool,
    plans: bool,
) -> Negotiated | None:
    if wanted.plan is not None:
        inner = _produce(
            catalogue, relation, wanted.plan.of, default_select=default_select, plans=plans
        )
        if not plans or inner is None:
            return None
        return Negotiated(wanted, inner.body, inner.handler, inner.relation)
    if wanted.name in (media.OBJECT, media.ARRAY):
        return Negotiated(wanted, wanted)
    candidates: list[tuple[Name | None, str]] = [(None, wanted.name)]
    if default_select:
        candidates = [(relation, media.ANY), (relation, wanted.name), *candidates]
    for key in candidates:
        handler = catalogue.media_handlers.get(key)
        if handler is not None:
            made = parse_media_type(handler.media)
            return Negotiated(made, made, handler, key[0])
    built_in = {media.ANY: media.JSON, media.JSON: media.JSON, media.CSV: media.CSV}
    if wanted.name == media.GEOJSON and catalogue.has_geojson:
        return Negotiated(wanted, wanted)
    if wanted.name not in built_in:
        return None
    made = MediaType(built_in[wanted.name])
    return Negotiated(made, made)


def body_sql(found: Negotiated, routine: Routine | None) -> Snippet:
    """An aggregate over the rows `_postgrest_t` that gives the whole body."""
    if found.handler is not None:
        return _custom(found, routine)
    if found.body.name == media.CSV:
        return raw(_CSV)
    if found.body.name == media.GEOJSON:
        return raw(_GEOJSON)
    return raw(_json(found.body, routine))


def _json(wanted: MediaType, routine: Routine | None) -> str:
    scalar = routine is not None and not routine.returns_composite
    rows = f"json_agg({ROWS}.pgrst_scalar)" if scalar else f"json_agg({ROWS})"
    single = wanted.is_object or (routine is not None and not routine.returns_set)
    if single:
        rows += "->0"
    if wanted.nulls_stripped:
        rows = f"json_strip_nulls({rows})"
    return f"coalesce({rows}, '{'null' if single else '[]'}')"


def _custom(found: Negotiated, routine: Routine | None) -> Snippet:
    rows = Name("", ROWS)
    scalar = column(rows, "pgrst_scalar")
    if found.handler is None or found.handler.function is None:
        # The value has the media type already; an aggregate is needed beside the row count.
        return "(array_agg(" + scalar + "))[1]"
    function = qualified(found.handler.function)
    if routine is not None and routine.returns_scalar:
        return function + "(" + scalar + ")"
    if found.relation is None:
        return function + "(" + ROWS + ")"
    return function + "(" + ROWS + "::" + qualified(found.relation) + ")"


_CSV = f"""
(
    select coalesce(string_agg(a.k, ','), '')
    from (
        select json_object_keys(s.r)::text as k
        from (select row_to_json(hh) as r from pgrst_source as hh limit 1) s
    ) a
) || E'\\n' || coalesce(
    string_agg(substring({ROWS}::text, 2, length({ROWS}::text) - 2), E'\\n'), ''
)
"""

_GEOJSON = f"""
json_build_object(
    'type', 'FeatureCollection',
    'features', coalesce(json_agg(ST_AsGeoJSON({ROWS})::json), '[]')
)
"""
