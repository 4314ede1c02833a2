"""What the admin desk finds on its table."""

from collections.abc import Callable

import pytest

from tests.integration.api import Api
from tests.integration.people import Person

type Apply = Callable[[Person], str]
"""Files a person's application and answers its id."""


@pytest.fixture
def apply(api: Api) -> Apply:
    def file(person: Person) -> str:
        made = api.post(
            "/api/creator/apply",
            person.token,
            {"displayName": "Nova", "bio": "b", "whyCreator": "w", "contentType": "music"},
        )
        assert made.status == 201, made.text
        return str(made.json["id"])

    return file
