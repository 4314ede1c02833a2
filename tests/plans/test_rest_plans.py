"""What the services read over REST reads what it shows, and little more; row-level security too."""

import pytest

from tests.plans.over_rest import OverRest
from tests.plans.places import Places
from tests.plans.rest_cases import READS, Read
from tests.plans.served import Served
from tests.plans.test_plans import faults

pytestmark = pytest.mark.timeout(900)


@pytest.mark.parametrize("read", READS, ids=lambda one: one.name)
def test_a_read_over_rest_reads_what_it_is_about(
    over_rest: OverRest, places: Places, served: Served, read: Read
) -> None:
    token = over_rest.token(read.who(places))

    seen = over_rest.watch(lambda: read.run(places, token))

    served.note_read(read.name, seen)
    nodes = [node for node in seen.nodes() if node.relation not in read.counts]
    assert faults(nodes, over_rest.large, read.rows) == []
