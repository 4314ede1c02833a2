"""Calls of functions: which overload is meant, and the SQL that calls it."""

# ruff: noqa: S608 - names are quoted and values bound, see `snippet`.

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.gateway.rest import media
from local.gateway.rest.bodysql import BODY, BodyColumn, from_body
from local.gateway.rest.catalogue import NAME_HINT_SCORE
from local.gateway.rest.errors import ApiError
from local.gateway.rest.fuzzy import DEFAULT_SCORE, best_match
from local.gateway.rest.snippet import (
    Name,
    Snippet,
    array_literal,
    column,
    identifier,
    join,
    qualified,
    raw,
    value,
)

if TYPE_CHECKING:
    from local.gateway.rest.catalogue import Catalogue, Parameter, Routine
    from local.gateway.rest.payload import Payload

_CALL = Name("", "pgrst_call")
_BODY_TYPES = {
    media.JSON: ("json", "jsonb"),
    media.TEXT: ("text",),
    media.XML: ("xml",),
    media.OCTETS: ("bytea",),
}
_WHOLE_BODY = (media.TEXT, media.XML, media.OCTETS)


@dataclass(frozen=True, slots=True)
class Call:
    """A planned call."""

    routine: Routine
    given: frozenset[str]
    payload: Payload | None = None
    """The body of a POST; its `arguments` when it was a form."""
    arguments: tuple[tuple[str, str], ...] | None = None
    """The arguments of a GET."""
    returning: tuple[str, ...] = ()


def find_routine(
    catalogue: Catalogue, name: Name, given: frozenset[str], content_type: str, *, is_post: bool
) -> Routine:
    """The overload whose parameters the arguments fit.

    Raises:
        ApiError: PGRST202 for none, PGRST203 for several.
    """
    overloads = catalogue.routines.get(name, [])
    fitting = [item for item in overloads if _fits(item, given, content_type, is_post=is_post)]
    if not fitting and is_post:
        fitting = [item for item in overloads if _takes_body(item, content_type)]
    if not fitting:
        raise _none(catalogue, name, given, content_type, is_post=is_post)
    if len(fitting) > 1:
        raise _several(fitting)
    return fitting[0]


def _fits(routine: Routine, given: frozenset[str], content_type: str, *, is_post: bool) -> bool:
    if not routine.parameters:
        return not given and not (is_post and content_type in _WHOLE_BODY)
    required = {item.name for item in routine.parameters if item.required}
    optional = {item.name for item in routine.parameters if not item.required}
    return given - optional == required


def _takes_body(routine: Routine, content_type: str) -> bool:
    """Whether the one parameter is unnamed and of the type the body is."""
    return [item.name for item in routine.parameters] == [""] and routine.parameters[
        0
    ].type in _BODY_TYPES.get(content_type, ())


# --- errors -----------------------------------------------------------------------------------


def _none(
    catalogue: Catalogue, name: Name, given: frozenset[str], content_type: str, *, is_post: bool
) -> ApiError:
    whole = is_post and content_type in _WHOLE_BODY
    names = sorted(given)
    function = f"{name.schema}.{name.name}"
    signature = f"({', '.join(names)})" if names else " without parameters"
    return ApiError(
        404,
        "PGRST202",
        f"Could not find the function {function}{'' if whole else signature} in the schema cache",
        f"Searched for the function {function}{_searched(names, content_type, is_post=is_post)}, "
        "but no matches were found in the schema cache.",
        None if whole else _hint(catalogue, name, names),
    )


def _searched(names: list[str], content_type: str, *, is_post: bool) -> str:
    if is_post and content_type in _WHOLE_BODY:
        return f" with a single unnamed {_BODY_TYPES[content_type][0]} parameter"
    plural = "s" if len(names) > 1 else ""
    shown = f" with parameter{plural} {', '.join(names)}" if names else " without parameters"
    if is_post and content_type == media.JSON:
        shown += " or with a single unnamed json/jsonb parameter"
    return shown


def _hint(catalogue: Catalogue, name: Name, names: list[str]) -> str | None:
    overloads = catalogue.routines.get(name)
    if overloads:
        lists = [_parameter_list(item) for item in overloads]
        near = best_match(lists, f"({', '.join(names)})", DEFAULT_SCORE)
        found = f"{name.name}{near}" if near else None
    else:
        known = [item.name for item in catalogue.routines if item.schema == name.schema]
        found = best_match(known, name.name, NAME_HINT_SCORE)
    return f"Perhaps you meant to call the function {name.schema}.{found}" if found else None


def _parameter_list(routine: Routine) -> str:
    return f"({', '.join(sorted(item.name for item in routine.parameters))})"


def _several(found: list[Routine]) -> ApiError:
    listed = ", ".join(
        f"{item.name.schema}.{item.name.name}"
        f"({', '.join(f'{p.name} => {p.type}' for p in item.parameters)})"
        for item in found
    )
    return ApiError(
        300,
        "PGRST203",
        f"Could not choose the best candidate function between: {listed}",
        hint=(
            "Try renaming the parameters or the function itself in the database so function "
            "overloading can be resolved"
        ),
    )


# --- SQL --------------------------------------------------------------------------------------


def call_query(call: Call) -> Snippet:
    """`select ... from function(...)`, a scalar as the column `pgrst_scalar`."""
    routine = call.routine
    if routine.returns_composite:
        names = call.returning or ("*",)
        shown = join(", ", (column(_CALL, name) for name in names))
    else:
        shown = raw("pgrst_call.pgrst_scalar")
    return "select " + shown + " from " + _source(call)


def _source(call: Call) -> Snippet:
    parameters = [item for item in call.routine.parameters if item.name in call.given]
    if [item.name for item in call.routine.parameters] == [""]:
        return _applied(call, _whole_body(call))
    direct = call.arguments
    if direct is None and call.payload is not None:
        direct = call.payload.arguments
    if direct is not None:
        return _applied(call, _direct(parameters, direct))
    if not parameters or call.payload is None:
        return _applied(call, Snippet())
    columns = [BodyColumn(item.name, item.wide_type) for item in parameters]
    passed = join(
        ", ",
        (_passed(item, column(BODY, item.name)) for item in parameters),
    )
    # `from_body` begins with the word.
    body = from_body(call.payload, columns, single=True)
    rows = Snippet(body.text.removeprefix("from "), body.params)
    return rows + ", lateral " + _applied(call, passed)


def _applied(call: Call, arguments: Snippet) -> Snippet:
    function = qualified(call.routine.name) + "(" + arguments + ")"
    if call.routine.returns_composite:
        return function + " pgrst_call"
    return "(select " + function + " pgrst_scalar) pgrst_call"


def _whole_body(call: Call) -> Snippet:
    kind = call.routine.parameters[0].type
    content: str | bytes | None = call.payload.content if call.payload else None
    return value(content) + "::" + raw(kind)


def _direct(parameters: list[Parameter], pairs: tuple[tuple[str, str], ...]) -> Snippet:
    given: dict[str, list[str]] = {}
    for key, content in pairs:
        given.setdefault(key, []).append(content)
    return join(
        ", ",
        (_passed(item, _argument(item, given[item.name])) for item in parameters),
    )


def _argument(parameter: Parameter, contents: list[str]) -> Snippet:
    """A variadic parameter gathers its repetitions; of any other the last one counts."""
    text = array_literal(contents) if parameter.variadic else contents[-1]
    return value(text) + "::" + raw(parameter.wide_type)


def _passed(parameter: Parameter, content: Snippet) -> Snippet:
    variadic = "variadic " if parameter.variadic else ""
    return variadic + identifier(parameter.name) + " := " + content
