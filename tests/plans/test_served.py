"""The documents name the indexes that serve a query: each was used by it in this run."""

import os

import pytest

from local.indexes import documented
from tests.plans.cases import CASES
from tests.plans.conftest import SCALE
from tests.plans.rest_cases import READS
from tests.plans.served import Served

TOLD = sorted({case.query.name for case in CASES} | {read.name for read in READS})


@pytest.mark.skipif(bool(os.environ.get(SCALE)), reason="written down for the usual world")
@pytest.mark.parametrize("query", TOLD)
def test_a_query_is_served_by_the_indexes_that_the_documents_name(
    served: Served, query: str
) -> None:
    if query not in served.seen:
        pytest.skip("its cases were not run")

    assert query in documented(), "run `make plans`"
    assert set(documented()[query]) - served.seen[query] == set(), "run `make plans`"


def test_nothing_is_named_for_a_query_that_is_gone() -> None:
    assert documented().keys() - set(TOLD) == set(), "run `make plans`"
