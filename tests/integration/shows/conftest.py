"""Shows to buy."""

from collections.abc import Iterator

import pytest

from tests.integration.api import Api
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.shows import acts
from tests.integration.shows.acts import Announce


@pytest.fixture
def announce(api: Api, creator: Person) -> Announce:
    """Announces shows of the creator."""

    def create(**fields: object) -> str:
        return acts.announce(api, creator, **fields)

    return create


@pytest.fixture
def show(announce: Announce) -> str:
    """The id of the creator's show: scheduled for tomorrow, at 30 coins."""
    return announce()


@pytest.fixture
def live(api: Api, creator: Person, show: str) -> str:
    """The id of the creator's show, which is live."""
    assert acts.start(api, show, creator).status == 200
    return show


@pytest.fixture
def buyers(people: People, fund: Fund) -> list[Person]:
    """Three fans with a hundred coins each."""
    fans = [people.fan() for _ in range(3)]
    for fan in fans:
        fund(fan, 100)
    return fans


@pytest.fixture
def fee_of_a_fifth(owner: Owner) -> Iterator[None]:
    """The platform takes a fifth of what a show brings."""
    owner.execute("insert into ledger.fee_rates values ('escrow_release', 2000)")
    yield
    owner.execute("delete from ledger.fee_rates")
