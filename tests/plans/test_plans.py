"""Proven on a full-size world: what endpoints and jobs ask reads what it shows, and little more.

auto_explain sees into functions and triggers; the table statistics see whatever it might not.
"""

import pytest

from limelight.paging import PageRequest
from tests.plans.case import Call, List
from tests.plans.cases import CASES
from tests.plans.explain import LARGE, Explained, Node, Seen
from tests.plans.places import Places

pytestmark = pytest.mark.timeout(900)
"""The world is made within the first test's time."""

FIRST = PageRequest(20, None)
STEPS_DOWN = 100
"""How many pages lie above a page deep in a list, where there are so many."""


def title(case: Call | List) -> str:
    return f"{case.query.name} {case.who}".strip()


CALLS = [case for case in CASES if isinstance(case, Call)]
LISTS = [case for case in CASES if isinstance(case, List)]


@pytest.mark.parametrize("case", CALLS, ids=title)
def test_a_call_reads_what_it_is_about(explained: Explained, places: Places, case: Call) -> None:
    seen = explained.watch(lambda: case.run(places))

    assert case.query.name in seen.asked
    assert faults(seen.nodes(), explained.large, case.rows) == []
    assert seen.scanned & explained.large == set()


@pytest.mark.parametrize("case", CALLS, ids=title)
def test_an_old_connection_plans_a_call_as_well(
    explained: Explained, places: Places, case: Call
) -> None:
    seen = explained.watch(lambda: case.run(places), generic=True)

    assert faults(seen.nested_nodes(), explained.large, case.rows) == []


@pytest.mark.parametrize("case", LISTS, ids=title)
def test_the_first_page_reads_a_page(explained: Explained, places: Places, case: List) -> None:
    seen = explained.watch(lambda: case.page(places, FIRST))

    assert_reads_a_page(case, seen, explained)


@pytest.mark.parametrize("case", LISTS, ids=title)
def test_a_page_deep_in_the_list_reads_a_page(
    explained: Explained, places: Places, case: List
) -> None:
    page = deep(case, places)
    assert page.cursor is not None, "the list has one page: ask where there is more"

    seen = explained.watch(lambda: case.page(places, page))

    assert_reads_a_page(case, seen, explained)


def deep(case: List, places: Places) -> PageRequest:
    """The page deepest down, of those that are looked at."""
    page = FIRST
    for _ in range(STEPS_DOWN):
        below = case.page(places, page).next_cursor
        if below is None:
            break
        page = PageRequest(20, below)
    return page


def assert_reads_a_page(case: List, seen: Seen, explained: Explained) -> None:
    assert seen.asked == [case.query.name]
    assert max(statement.plan["Actual Rows"] for statement in seen.statements) > 0
    assert faults(seen.nodes(), explained.large, case.rows) == []
    assert seen.scanned & explained.large == set()


def faults(nodes: list[Node], large: frozenset[str], rows: int) -> list[str]:
    """What is wrong with plans that may read `rows` rows, in words."""
    through = [node for node in nodes if node.kind == "Seq Scan"]
    sorts = [node for node in nodes if "Sort" in node.kind]
    found = [
        f"reads a large table through: {one}"
        for one in through
        if one.relation in large or one.read >= LARGE
    ]
    found += [f"sorts more than a page: {one}" for one in sorts if one.input > rows]
    # A small table is read through when that is the quickest.
    reads = [node for node in nodes if node.relation and node not in through]
    read = sum(one.read for one in reads)
    if read > rows:
        most = sorted(reads, key=lambda one: one.read, reverse=True)
        found += [f"reads {read} rows, {rows} are enough: {one}" for one in most[:3]]
    return found
