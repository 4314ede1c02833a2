"""Every query has its plan proven on a full-size world (`tests/plans`), or a reason why not."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from limelight.data.system import Query
from limelight.http.directory import sql as directory
from local.facts.endpoints import functions
from local.facts.footprint import footprint_of
from local.facts.indexes import recorded_indexes
from local.host.state import PROJECT
from tests.plans.cases import CASES, EXEMPT
from tests.plans.rest_cases import REST_CASES, UNASKED

LAYER = PROJECT / "layers" / "common"


def all_queries() -> Iterator[Query]:
    """The queries of every domain, and the one that asks who the caller is."""
    yield directory.FIND
    for path in sorted((LAYER / "limelight").glob("*/queries.py")):
        module = import_module(_module_name(path))
        yield from (value for value in vars(module).values() if isinstance(value, Query))


def test_every_query_has_a_plan_case_or_a_reason_for_none() -> None:
    cases = {case.query.name for case in CASES}

    missing = {query.name for query in all_queries()} - cases - EXEMPT.keys()

    assert sorted(missing) == [], "add their lines to tests/plans/cases.py"


def test_no_exemption_is_of_a_query_that_has_a_case_or_is_gone() -> None:
    cases = {case.query.name for case in CASES}

    stale = EXEMPT.keys() - ({query.name for query in all_queries()} - cases)

    assert sorted(stale) == []


def test_no_two_queries_have_one_name() -> None:
    names = [query.name for query in all_queries()]

    assert sorted(names) == sorted(set(names))


def test_every_query_over_rest_has_a_plan_case_or_a_reason_for_none() -> None:
    over_the_pool = {query.name for query in all_queries()}
    asked = {name for one in functions() for name in footprint_of(one).asked} - over_the_pool
    cases = {case.name for case in REST_CASES}

    assert sorted(asked ^ (cases | UNASKED.keys())) == [], "see tests/plans/rest_cases.py"
    assert cases & UNASKED.keys() == set()


def test_no_index_is_on_record_for_a_query_that_is_gone() -> None:
    known = {query.name for query in all_queries()} | {case.name for case in REST_CASES}

    assert sorted(recorded_indexes().keys() - known) == [], "run `make indexes`"


def _module_name(path: Path) -> str:
    return ".".join(path.relative_to(LAYER).with_suffix("").parts)
