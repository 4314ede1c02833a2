"""An endpoint says why it has its pattern, and what it touches does not contradict it."""

import pytest

from limelight.http import Pattern
from local.documents.catalogue import OVER_REST, catalogue_text
from local.facts.endpoints import Function, HttpFunction, functions, http_functions
from local.facts.footprint import footprint_of, schema
from local.facts.indexes import recorded_indexes
from local.facts.movements import allowed, movements_of
from local.facts.questions import answers_of
from tests.plans.cases import EXEMPT
from tests.plans.rest_cases import UNASKED


def by_name(function: Function) -> str:
    return function.name


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_an_endpoint_says_in_a_line_of_its_own_why_it_has_its_pattern(
    function: HttpFunction,
) -> None:
    """The catalogue is one row an endpoint: a bar or a line break would end its cell."""
    reason = function.router.why

    assert len(reason.split()) >= 3
    assert "|" not in reason
    assert "\n" not in reason


def test_no_two_endpoints_share_a_reason() -> None:
    reasons = [one.router.why for one in http_functions()]

    assert len(set(reasons)) == len(reasons)


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_coins_are_moved_or_sold_by_money_endpoints_and_no_other(function: HttpFunction) -> None:
    """A checkout posts no entry, but opens once for its key the purchase that an event will pay."""
    footprint = footprint_of(function)

    is_money = footprint.moves_coins or footprint.opens_purchases
    assert is_money == (function.router.pattern is Pattern.MONEY)


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_what_a_function_touches_can_be_read_from_the_code(function: Function) -> None:
    """Else the catalogue would say that it touches nothing, which no function does."""
    assert footprint_of(function).tables


# The three questions, and money

PLAIN = {
    "checkout/create": "money: a purchase is opened under its key, and that key is unique",
}
"""Endpoints over SQL for which no question is answered with yes, and what they are there for."""


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_an_endpoint_over_sql_has_a_yes_or_a_stated_reason(function: HttpFunction) -> None:
    answers = answers_of(function)
    yes = answers.needs_transaction or answers.needs_joins or answers.needs_plan

    if function.router.pattern not in OVER_REST:
        assert yes == (function.name not in PLAIN)


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_what_the_indexes_of_a_query_are_is_on_record_or_left_out_for_a_reason(
    function: Function,
) -> None:
    assert set(answers_of(function).unexplained) <= EXEMPT.keys() | UNASKED.keys()


def test_every_index_on_record_that_has_a_name_of_its_own_is_made_by_a_migration() -> None:
    """A key's index is named after its table; those of Supabase Auth are Auth's."""
    keys = ("_pkey", "_key", "_idx")
    recorded = {index for taken in recorded_indexes().values() for index in taken}

    assert {one for one in recorded if not one.endswith(keys)} <= schema().indexes


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_a_function_that_writes_entries_says_through_which_door_and_of_which_kinds(
    function: Function,
) -> None:
    moved = movements_of(function)

    if footprint_of(function).moves_coins:
        assert moved.doors
        assert moved.operations
        assert moved.types
    else:
        assert moved.operations == []


def test_every_transfer_and_entry_that_the_ledger_knows_is_somebodys() -> None:
    """Else an argument was not followed to the end, or the ledger allows what nothing does."""
    moved = [movements_of(one) for one in functions()]

    assert {name for one in moved for name in one.operations} == allowed("operation")
    assert {name for one in moved for name in one.types} == allowed("type")


def test_the_catalogue_has_an_entry_for_every_function() -> None:
    text = catalogue_text()

    for one in functions():
        assert text.count(f"(../functions/{one.name}.py)") == 1
    assert text.count("- Transaction or lock: ") == len(functions())
