"""The indexes that docs/access-patterns.md names are those that PostgreSQL takes in a world."""

import json
import os
from functools import partial

import psycopg
import pytest

from local.facts.indexes import RECORD
from tests.plans.case import List
from tests.plans.cases import CASES
from tests.plans.conftest import SCALE
from tests.plans.explain import Explained, Seen
from tests.plans.over_rest import OverRest
from tests.plans.places import Places
from tests.plans.rest_cases import REST_CASES, Asked, Desk, desk
from tests.plans.test_plans import FIRST, deep, faults

pytestmark = pytest.mark.timeout(900)

BUNDLED = 18
"""The version of PostgreSQL that the record is of; others may well plan otherwise."""
WRITE = "LIMELIGHT_WRITE_INDEXES"

EITHER = {"streams.sweep": {"streams_pkey", "stream_viewers_newest"}}
"""Of queries over so many rows that two ways are as good: those that a run may take or not."""

type Indexes = dict[str, set[str]]


@pytest.fixture(scope="module")
def of(owner: psycopg.Connection, places: Places, rest: OverRest) -> Desk:
    return desk(owner, places, rest.token)


@pytest.mark.parametrize("case", REST_CASES, ids=lambda case: f"{case.name} {case.who}".strip())
def test_what_is_asked_over_rest_reads_what_it_is_about(
    explained: Explained, over_the_world: OverRest, of: Desk, case: Asked
) -> None:
    seen = over_the_world.watch(lambda: case.ask(of))

    assert seen.answer is not None
    assert seen.statements
    if case.rows is not None:
        assert faults(seen.nodes(), explained.large, case.rows) == []


def test_every_documented_index_is_taken(
    explained: Explained,
    over_the_world: OverRest,
    owner: psycopg.Connection,
    places: Places,
    of: Desk,
) -> None:
    if owner.info.server_version // 10_000 != BUNDLED or os.environ.get(SCALE):
        pytest.skip("the record is of the bundled PostgreSQL, and of the usual world")

    # Of what other tests have done and taken back, nothing is left to be read over.
    owner.execute("vacuum")
    found: Indexes = {}
    with explained.by_index(), over_the_world.by_index():
        for seen in _over_the_pool(explained, places):
            for query, indexes in seen.indexes().items():
                found.setdefault(query, set()).update(indexes)
        for case in REST_CASES:
            seen = over_the_world.watch(partial(case.ask, of))
            for one in seen.statements:
                found.setdefault(case.name, set()).update(one.indexes())

    taken = {name: sorted(found[name] - EITHER.get(name, set())) for name in sorted(found)}
    if os.environ.get(WRITE):
        RECORD.write_text(json.dumps(taken, indent=2) + "\n")
    record = json.loads(RECORD.read_text())
    assert record.keys() == taken.keys(), "run `make indexes`, then `make docs`"
    unseen = {name: set(record[name]) - set(taken[name]) for name in record}
    assert {name: gone for name, gone in unseen.items() if gone} == {}, "run `make indexes`"


def _over_the_pool(explained: Explained, places: Places) -> list[Seen]:
    """Each case as a new connection plans it and as an old one does; a list deep down, too."""
    everything = []
    for case in CASES:
        calls = (
            [partial(case.page, places, page) for page in (FIRST, deep(case, places))]
            if isinstance(case, List)
            else [partial(case.run, places)]
        )
        everything += [
            explained.watch(call, generic=generic) for call in calls for generic in (False, True)
        ]
    return everything
