"""The key of every payment."""

import re
from uuid import uuid4

import pytest

from local.facts.endpoints import HttpFunction
from tests.integration.api import UNSET, Api
from tests.integration.every_endpoint.asking import (
    PAID,
    ask,
    body_model,
    every,
    example,
)
from tests.integration.people import Person


@every(PAID)
@pytest.mark.parametrize("key", [None, "", " ", "a b", "é", "k" * 256, "tab\tkey"], ids=ascii)
def test_a_payment_needs_a_key(
    api: Api, admin: Person, function: HttpFunction, key: str | None
) -> None:
    model = body_model(function)

    refused = api.call(
        function.method,
        re.sub(r"\{\w+\}", str(uuid4()), function.path),
        token=admin.token,
        body=example(model) if model else UNSET,
        headers={} if key is None else {"Idempotency-Key": key},
    )

    assert (refused.status, refused.code) == (400, "idempotency_key_required")


@every(PAID)
def test_a_key_of_255_characters_will_do(api: Api, admin: Person, function: HttpFunction) -> None:
    answer = ask(api, function, admin.token, headers={"Idempotency-Key": "k" * 255})

    assert answer.status in (201, 402, 404), answer.text
