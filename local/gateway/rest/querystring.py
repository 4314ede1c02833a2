"""From the raw query string to `QueryParams`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

from local.gateway.rest import grammar, ranges
from local.gateway.rest.errors import unparsable
from local.gateway.rest.parsec import ParseError, Parser, eof, fail, parse, show, succeed
from local.gateway.rest.query import Field, Filter, Logic, OrderTerm, QueryParams

if TYPE_CHECKING:
    from local.gateway.rest.query import Operation, Path, SelectItem

type Pair = tuple[str, str]

_RESERVED = ("select", "columns", "on_conflict")
_RESERVED_WORDS = ("order", "limit", "offset", "and", "or")


def parse_query(raw: bytes, *, calls_function: bool) -> QueryParams:
    """Parse a query string.

    With `calls_function` (GET on a function) a parameter whose value is no operator expression is
    an argument instead of an error.

    Raises:
        ApiError: PGRST100 with the parser's sentence.
    """
    pairs = decode_pairs(raw)
    present = [(key, content) for key, content in pairs if content is not None]
    first = dict(reversed(present))
    filters, arguments = _filters(present, calls_function=calls_function)
    columns, on_conflict = first.get("columns"), first.get("on_conflict")
    order = _order(present)
    logic = tuple(_logic(pair) for pair in _ending_in(present, "and", "or"))
    return QueryParams(
        canonical=_canonical(pairs),
        select=_select(first.get("select", "*")),
        filters=filters,
        filter_keys=frozenset(key for key, _ in present if _is_filter(key)),
        logic=logic,
        order=order,
        ranges=_ranges(present),
        arguments=arguments,
        columns=None if columns is None else frozenset(_names("columns", columns)),
        on_conflict=None if on_conflict is None else tuple(_names("on_conflict", on_conflict)),
    )


def decode_pairs(raw: bytes) -> list[tuple[str, str | None]]:
    """Names and values, form-decoded; a name without `=` has no value."""
    pairs: list[tuple[str, str | None]] = []
    for piece in raw.split(b"&"):
        if not piece:
            continue
        key, equals, content = piece.partition(b"=")
        pairs.append((_decoded(key), _decoded(content) if equals else None))
    return pairs


def embed_path(key: str) -> Path:
    """The embeds named by the key of a limit: `a.b.limit` belongs to `a.b`."""
    return _parsed(grammar.tree_path, f"failed to parse tree path ({key})", key)[0]


def _decoded(piece: bytes) -> str:
    return unquote_to_bytes(piece.replace(b"+", b" ")).decode("utf-8", errors="replace")


def _canonical(pairs: list[tuple[str, str | None]]) -> str:
    """Sorted by name; the values of one name joined by commas."""
    merged: dict[str, list[str]] = {}
    for key, content in sorted(pairs, key=lambda pair: pair[0]):
        merged.setdefault(key, []).append(quote(content or "", safe="-_.~"))
    return "&".join(f"{quote(key, safe='-_.~')}={','.join(found)}" for key, found in merged.items())


def _parsed[T](parser: Parser[T], title: str, text: str) -> T:
    try:
        return parse(parser, title, text)
    except ParseError as error:
        raise unparsable(error.place, error.sentence) from error
    except RecursionError as error:
        raise unparsable(f'"{title}"', "nested too deeply") from error


def _ending_in(pairs: list[Pair], *words: str) -> list[Pair]:
    return [pair for pair in pairs if pair[0].rpartition(".")[2] in words]


def _is_filter(key: str) -> bool:
    return key not in _RESERVED and key.rpartition(".")[2] not in _RESERVED_WORDS


def _select(text: str) -> tuple[SelectItem, ...]:
    title = f"failed to parse select parameter ({text})"
    items: list[SelectItem] = _parsed(grammar.select, title, text)
    if not items and text.strip():
        # Nothing at all was understood: everything would be a surprising answer.
        _parsed(grammar.select << eof, title, text)
    return tuple(items)


def _names(parameter: str, text: str) -> list[str]:
    title = f"failed to parse {parameter} parameter ({text})"
    return _parsed(grammar.columns, title, text)


def _order(pairs: list[Pair]) -> tuple[tuple[Path, tuple[OrderTerm, ...]], ...]:
    found = []
    for key, text in _ending_in(pairs, "order"):
        terms = _parsed(grammar.order, f"failed to parse order ({text})", text)
        found.append((embed_path(key), tuple(terms)))
    return tuple(found)


def _logic(pair: Pair) -> tuple[Path, Logic]:
    key, text = pair
    path, operator = _parsed(grammar.logic_path, f"failed to parse logic path ({key})", key)
    # With the operator in front, the top level reads like every other level.
    title = f"failed to parse logic tree ({text})"
    tree = _parsed(grammar.logic_tree, title, operator + text)
    if isinstance(tree, Filter):
        # PostgREST would filter by a column named `andid`.
        place = f"{show(title)} (line 1, column {len(operator) + 1})"
        raise unparsable(place, f'unexpected {show(text[:1])} expecting "("')
    return path, tree


def _filters(
    pairs: list[Pair], *, calls_function: bool
) -> tuple[tuple[tuple[Path, Filter], ...], tuple[Pair, ...]]:
    filters: list[tuple[Path, Filter]] = []
    arguments: list[Pair] = []
    expression = grammar.operator_expression
    otherwise: Parser[None] = succeed(None) if calls_function else fail()
    tolerant = expression | otherwise
    for key, text in pairs:
        if not _is_filter(key):
            continue
        path, field = _parsed(grammar.tree_path, f"failed to parse tree path ({key})", key)
        found = _parsed(tolerant, f"failed to parse filter ({text})", text)
        if found is None:
            arguments.append((field.name, text))
        else:
            filters.append((path, _filter(field, found)))
    return tuple(filters), tuple(arguments)


def _filter(field: Field, found: tuple[bool, Operation]) -> Filter:
    negated, operation = found
    return Filter(field, operation, negated)


def _ranges(pairs: list[Pair]) -> dict[str, ranges.Range]:
    limits = dict(_ending_in(pairs, "limit"))
    offsets = {
        key.removesuffix("offset") + "limit": text for key, text in _ending_in(pairs, "offset")
    }
    return ranges.from_limits(limits, offsets)
