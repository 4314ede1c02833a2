"""A fan with coins, a creator who takes calls, and a clock that stands still."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.integration.api import Api
from tests.integration.clock import Clock, StoppedClock
from tests.integration.people import Fund, Owner, Person
from tests.integration.telephone import Telephone, take_calls

FUNDS = 1000


@pytest.fixture
def clock(owner: Owner) -> Iterator[StoppedClock]:
    """The server's clock: it stands still, so that every bill is known to the second."""
    yield StoppedClock(owner)
    Clock(owner).set(timedelta())


@pytest.fixture
def line(api: Api, owner: Owner, fan: Person, creator: Person, fund: Fund) -> Telephone:
    """A fan with 1000 coins, and a creator who asks for 10 a minute and 5 minutes at least."""
    fund(fan, FUNDS)
    take_calls(owner, creator)
    return Telephone(api, fan, creator)


@pytest.fixture(autouse=True)
def sound_calls(owner: Owner) -> Iterator[None]:
    """After every test, every invariant of the calls holds."""
    yield
    assert owner.execute("select * from ledger.call_violations()").fetchall() == []
