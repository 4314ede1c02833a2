"""Two people who may meet, until a test says otherwise."""

import pytest

from tests.integration.api import Api
from tests.integration.people import Fund, Owner, People
from tests.integration.standing.trials import Stage
from tests.integration.telephone import take_calls


@pytest.fixture
def stage(api: Api, owner: Owner, people: People, fund: Fund) -> Stage:
    """Two creators, each with coins enough, who take calls and messages."""
    caller, other = people.creator("caller"), people.creator("other")
    for person in (caller, other):
        fund(person, 1000)
        take_calls(owner, person)
    return Stage(api, owner, people, caller, other)
