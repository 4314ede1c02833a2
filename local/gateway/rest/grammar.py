"""The grammar of the query string: select, filters, and/or trees, order, column lists.

The productions and the names in their error messages are PostgREST's, since both reach clients.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local.gateway.rest.parsec import (
    Parser,
    any_char,
    attempt,
    between,
    char,
    choice,
    digit,
    eof,
    fail,
    lazy,
    letter,
    look_ahead,
    many,
    many1,
    none_of,
    not_followed_by,
    one_of,
    optional,
    sep_by,
    sep_by1,
    sequence,
    string,
    succeed,
)
from local.gateway.rest.query import (
    Compare,
    Condition,
    Field,
    Filter,
    In,
    Is,
    IsDistinct,
    JsonStep,
    Logic,
    Operation,
    OrderTerm,
    SelectField,
    SelectItem,
    SelectRelation,
    TextSearch,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from local.gateway.rest.query import Aggregate, Direction, Nulls

type Steps[T] = Generator[Parser[Any], Any, T]

_SIMPLE_OPERATORS = ("neq", "cs", "cd", "ov", "sl", "sr", "nxr", "nxl", "adj")
_QUANTIFIABLE_OPERATORS = ("eq", "gte", "gt", "lte", "lt", "like", "ilike", "match", "imatch")
_TEXT_SEARCH_FUNCTIONS = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}


def _lexeme[T](parser: Parser[T]) -> Parser[T]:
    return _blanks >> parser << _blanks


def _words(*names: str) -> Parser[str]:
    return choice(*(attempt(string(name)) for name in names))


def _text(parser: Parser[list[str]]) -> Parser[str]:
    return parser.map("".join)


def _dashed(part: Parser[str]) -> Parser[str]:
    """Parts joined by dashes; a dash that begins an arrow is not one of them."""
    dash = attempt(char("-") >> not_followed_by(char(">")))
    return sep_by1(part, dash).map("-".join)


_blanks = many(one_of(" \t"))
_delimiter = char(".").label("delimiter (.)")

# --- names ------------------------------------------------------------------------------------

identifier = _text(many1(letter | digit | one_of("_ $"))).map(str.strip)
quoted = char('"') >> _text(many(none_of('\\"') | (char("\\") >> any_char))) << char('"')
field_name = (quoted | _dashed(identifier)).label("field name (* or [a..z0..9_$])")

_json_key_part = _text(many1(none_of("(-:.,>)"))).map(str.strip)
_json_key = (quoted | _dashed(_json_key_part)).label(
    "any non reserved character different from: .,>()"
)


def _json_index() -> Steps[tuple[str, bool]]:
    sign: str = yield char("-") | succeed("+")
    digits: list[str] = yield many1(digit)
    ends = [attempt(look_ahead(string(end)).map(lambda _: None)) for end in ("->", "::", ".", ",")]
    yield choice(*ends, attempt(eof))
    return sign + "".join(digits), True


def _json_step() -> Steps[JsonStep]:
    arrow: Any = yield _words("->>", "->")
    key, is_index = yield attempt(sequence(_json_index)) | attempt(
        _json_key.map(lambda name: (name, False))
    )
    return JsonStep(arrow, key, is_index)


_json_path = many(sequence(_json_step)).map(tuple)


def _field() -> Steps[Field]:
    name: str = yield field_name
    path: tuple[JsonStep, ...] = yield _json_path
    return Field(name, path)


field = _lexeme(sequence(_field))
columns = sep_by1(field_name, _lexeme(char(",")))

# --- select -----------------------------------------------------------------------------------

_alias = optional(attempt(field_name << (char(":") >> not_followed_by(char(":")))))
_cast = optional(string("::") >> identifier)
_item_end = choice(
    attempt(look_ahead(string(")")).map(lambda _: None)),
    attempt(look_ahead(string(",")).map(lambda _: None)),
    attempt(eof),
)
_aggregate: Parser[Any] = choice(
    string("sum"), string("avg"), string("count"), attempt(string("max")), attempt(string("min"))
)


def _star() -> Steps[SelectField]:
    yield string("*")
    yield _item_end
    return SelectField(Field("*"))


def _count_rows() -> Steps[SelectField]:
    alias: str | None = yield _alias
    yield string("count()")
    cast: str | None = yield _cast
    yield _item_end
    return SelectField(Field("*"), aggregate="count", aggregate_cast=cast, alias=alias)


def _select_field() -> Steps[SelectField]:
    alias: str | None = yield _alias
    item: Field = yield field
    cast: str | None = yield _cast
    aggregate: Aggregate | None = yield optional(attempt(char(".") >> _aggregate << string("()")))
    aggregate_cast: str | None = yield _cast
    yield _item_end
    return SelectField(item, aggregate, aggregate_cast, cast, alias)


_embed_param: Parser[tuple[str, str]] = char("!") >> choice(
    attempt(string("left")).map(lambda _: ("join", "left")),
    attempt(string("inner")).map(lambda _: ("join", "inner")),
    attempt(field_name).map(lambda name: ("hint", name)),
)


def _relation_head(spread: bool) -> Parser[SelectRelation]:
    def steps() -> Steps[SelectRelation]:
        alias: str | None = None
        if spread:
            yield string("...")
        else:
            alias = yield _alias
        name: str = yield field_name
        if name == "count" and not spread:
            # count() is the aggregate, never an embed.
            yield fail()
        found: dict[str, Any] = {}
        for _ in range(2):
            parameter: tuple[str, str] | None = yield optional(_embed_param)
            if parameter is not None:
                found.setdefault(*parameter)
        yield attempt(look_ahead(string("(")))
        return SelectRelation(name, alias, found.get("hint"), found.get("join"), spread)

    return attempt(_lexeme(sequence(steps)))


def _relation(spread: bool) -> Parser[SelectItem]:
    head = _relation_head(spread)

    def steps() -> Steps[SelectItem]:
        relation: SelectRelation = yield head
        children: list[SelectItem] = yield between(char("("), char(")"), lazy(lambda: select))
        return SelectRelation(
            relation.name, relation.alias, relation.hint, relation.join, spread, tuple(children)
        )

    return sequence(steps)


_plain_field: Parser[SelectItem] = _lexeme(
    choice(attempt(sequence(_star)), attempt(sequence(_count_rows)), sequence(_select_field))
).map(lambda item: item)
select: Parser[list[SelectItem]] = sep_by(
    choice(_relation(spread=True), _relation(spread=False), _plain_field), _lexeme(char(","))
)

# --- filters ----------------------------------------------------------------------------------

_list_element = attempt(quoted << not_followed_by(none_of(",)"))) | _text(many(none_of(",)")))
_list_values = _lexeme(char("(")) >> sep_by1(_list_element, char(",")) << _lexeme(char(")"))


def _any_case(word: str) -> Parser[str]:
    def steps() -> Steps[str]:
        for character in word:
            yield char(character) | char(character.upper())
        return word

    return attempt(sequence(steps))


_is_word: Parser[Any] = choice(
    _any_case("null"),
    _any_case("not_null").map(lambda _: "not null"),
    _any_case("true"),
    _any_case("false"),
    _any_case("unknown"),
).label("isVal: (null, not_null, true, false, unknown)")


def _operation(value: Parser[str]) -> Parser[Operation]:
    def text_search() -> Steps[Operation]:
        name: str = yield _words(*_TEXT_SEARCH_FUNCTIONS)
        language: str | None = yield optional(attempt(between(char("("), char(")"), identifier)))
        yield _delimiter
        text: str = yield value
        return TextSearch(_TEXT_SEARCH_FUNCTIONS[name], language, text)

    def simple() -> Steps[Operation]:
        operator: str = yield _words(*_SIMPLE_OPERATORS).label("unknown single value operator")
        yield _delimiter
        text: str = yield value
        return Compare(operator, text)

    def quantified() -> Steps[Operation]:
        operator: str = yield _words(*_QUANTIFIABLE_OPERATORS).label(
            "unknown single value operator"
        )
        word = attempt(string("any")) | string("all")
        quantifier: Any = yield optional(attempt(between(char("("), char(")"), word)))
        yield _delimiter
        text: str = yield value
        return Compare(operator, text, quantifier)

    membership: Parser[Operation] = (attempt(string("in") >> _delimiter) >> _list_values).map(
        lambda values: In(tuple(values))
    )
    is_: Parser[Operation] = (attempt(string("is") >> _delimiter) >> _is_word).map(Is)
    distinct: Parser[Operation] = (attempt(string("isdistinct") >> _delimiter) >> value).map(
        IsDistinct
    )
    return choice(
        membership,
        is_,
        distinct,
        attempt(sequence(text_search)),
        attempt(sequence(simple)),
        attempt(sequence(quantified)),
    ).label("operator (eq, gt, ...)")


_negation = attempt((string("not") >> _delimiter).map(lambda _: True)) | succeed(False)


def _operator_expression(value: Parser[str]) -> Parser[tuple[bool, Operation]]:
    operation = _operation(value)

    def steps() -> Steps[tuple[bool, Operation]]:
        negated: bool = yield _negation
        found: Operation = yield operation
        return negated, found

    return sequence(steps)


operator_expression = _operator_expression(_text(many(any_char)))


def _tree_path() -> Steps[tuple[tuple[str, ...], Field]]:
    names: list[str] = yield sep_by1(field_name, _delimiter)
    path: tuple[JsonStep, ...] = yield _json_path
    return tuple(names[:-1]), Field(names[-1], path)


tree_path = sequence(_tree_path)

# --- and / or ---------------------------------------------------------------------------------

_braced = attempt(
    sequence(lambda: _braces())  # noqa: PLW0108 - the generator is defined below
)


def _braces() -> Steps[str]:
    yield string("{")
    inside: list[str] = yield many(none_of("{}"))
    yield string("}")
    return "{" + "".join(inside) + "}"


_logic_value = choice(
    attempt(quoted << not_followed_by(none_of(",)"))), _braced, _text(many(none_of(",)")))
)
_logic_expression = _operator_expression(_logic_value)


def _logic_filter() -> Steps[Condition]:
    item: Field = yield field
    yield _delimiter
    negated, operation = yield _logic_expression
    return Filter(item, operation, negated)


def _logic_group() -> Steps[Condition]:
    negated: bool = yield _negation.label("negation operator (not)")
    operator: Any = yield (attempt(string("and")) | string("or")).label("logic operator (and, or)")
    yield _lexeme(char("("))
    terms: list[Condition] = yield sep_by1(lazy(lambda: logic_tree), _lexeme(char(",")))
    yield _lexeme(char(")"))
    return Logic(operator, tuple(terms), negated)


logic_tree: Parser[Condition] = attempt(sequence(_logic_filter)) | sequence(_logic_group)


def _logic_path() -> Steps[tuple[tuple[str, ...], str]]:
    names: list[str] = yield sep_by1(field_name, _delimiter)
    operator = names[-1]
    path = tuple(name for name in names[:-1] if name != "not")
    return path, f"not.{operator}" if "not" in names else operator


logic_path = sequence(_logic_path)

# --- order ------------------------------------------------------------------------------------

_order_end = attempt(look_ahead(char(",")).map(lambda _: None)) | attempt(eof)
_direction: Parser[Any] = choice(
    attempt(_delimiter >> string("asc")), attempt(_delimiter >> string("desc"))
)
_nulls: Parser[Any] = choice(
    attempt(_delimiter >> string("nullsfirst")).map(lambda _: "first"),
    attempt(_delimiter >> string("nullslast")).map(lambda _: "last"),
)


def _order_tail(item: Field, relation: str | None) -> Steps[OrderTerm]:
    direction: Direction | None = yield optional(_direction)
    nulls: Nulls | None = yield (optional(_nulls) << _order_end) | _order_end
    return OrderTerm(item, direction, nulls, relation)


def _related_order() -> Steps[OrderTerm]:
    relation: str = yield field_name
    item: Field = yield between(char("("), char(")"), field)
    return (yield from _order_tail(item, relation))


def _plain_order() -> Steps[OrderTerm]:
    item: Field = yield field
    return (yield from _order_tail(item, None))


order = sep_by1(_lexeme(attempt(sequence(_related_order)) | sequence(_plain_order)), char(","))
