"""An endpoint says why it has its pattern, and what it touches does not contradict it."""

import pytest

from limelight.http import Pattern
from local.bookings import bookings_of
from local.endpoints import Function, HttpFunction, functions, http_functions
from local.footprint import footprint_of
from local.indexes import documented
from local.questions import answers_of
from tests.plans.cases import EXEMPT

ON_SQL = [one for one in http_functions() if one.router.pattern in (Pattern.SQL, Pattern.MONEY)]
READ_OVER_REST = [one for one in http_functions() if one.method == "GET" and one not in ON_SQL]
MOVES_COINS = [one for one in functions() if footprint_of(one).moves_coins]


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


@pytest.mark.parametrize("function", ON_SQL, ids=by_name)
def test_an_endpoint_on_sql_answers_yes_to_one_of_the_three_questions(
    function: HttpFunction,
) -> None:
    """Else it would be simple enough for REST, where row-level security guards it as well."""
    assert answers_of(function).any


@pytest.mark.parametrize("function", MOVES_COINS, ids=by_name)
def test_what_is_booked_can_be_read_from_the_code(function: Function) -> None:
    booked = bookings_of(footprint_of(function))

    assert booked.operations
    assert booked.types


@pytest.mark.parametrize("function", [*ON_SQL, *READ_OVER_REST], ids=by_name)
def test_the_indexes_that_serve_an_endpoint_were_seen_at_work(function: HttpFunction) -> None:
    """By the plan tests, or there is a reason why they do not look: `make plans` writes them."""
    asked = footprint_of(function).asked.keys()

    assert asked
    assert asked - documented().keys() - EXEMPT.keys() == set()
