"""People whom no test changes."""

import pytest

from tests.integration.people import People, Person


@pytest.fixture(scope="session")
def fan_of_all(people: People) -> Person:
    """A fan that the tests of this file share and never change."""
    return people.fan()


@pytest.fixture(scope="session")
def suspended(people: People) -> Person:
    person = people.fan("suspended")
    people.suspend(person)
    return person


@pytest.fixture(scope="session")
def deleted(people: People) -> Person:
    person = people.fan("deleted")
    people.set(person, status="deleted")
    return person
