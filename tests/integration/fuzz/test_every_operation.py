"""Whatever the API document allows, and whatever it does not: no operation answers with an error of
the server's, and every answer is one that the document describes.

Schemathesis makes the requests from the committed document. They are sent by nobody, a fan, a
creator and an admin, and half of the good ones are about rows that are there: nothing is left out.
They are the same in every run; `make fuzz` makes others, and more.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.documents.openapi import DOCUMENT, operation_of
from local.facts.endpoints import HttpFunction, http_functions
from local.server import app
from local.services.stripe import StandIn
from tests.integration.api import Api
from tests.integration.fuzz.places import Cast, Ids, Stagehand
from tests.integration.people import Fund, Owner, People, Person

type Sent = Case[Any]

WEBHOOK = "/api/stripe/webhook"
REQUESTS = "LIMELIGHT_FUZZ_REQUESTS"
USUAL = 10
CONFORMITY = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
REFUSED = [*CONFORMITY, negative_data_rejection]

SCHEMA = schemathesis.openapi.from_dict(
    json.loads(DOCUMENT.read_text()),
    config=schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}}),
)
asked_for = int(os.environ.get(REQUESTS) or 0)
how_many = settings(
    max_examples=asked_for or USUAL,
    derandomize=not asked_for,
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


class Server:
    """Every router behind one application, as in `make dev`, in this process."""

    def __init__(self, stripe: StandIn) -> None:
        self._stripe = stripe
        self._loop = asyncio.new_event_loop()
        transport = httpx.ASGITransport(app())
        self._client = httpx.AsyncClient(transport=transport, base_url="http://api")

    def send(self, case: Sent, token: str | None) -> httpx.Response:
        """Sends a case as it would go over the wire; Stripe, who has no token, signs it."""
        wire = requests.Request(**case.as_transport_kwargs(base_url="http://api")).prepare()
        body = wire.body or b""
        content = body.encode() if isinstance(body, str) else body
        assert isinstance(content, bytes), "nothing is sent in pieces"
        headers = {name: str(value) for name, value in wire.headers.items()}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        elif case.path == WEBHOOK:
            signed = self._stripe.signed(content.decode(errors="replace"))
            headers["Stripe-Signature"] = signed.signature
        request = self._client.build_request(
            str(wire.method), str(wire.url), headers=headers, content=content
        )
        return self._loop.run_until_complete(self._client.send(request))

    def close(self) -> None:
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()


@pytest.fixture(scope="module")
def server(stripe: StandIn) -> Iterator[Server]:
    with closing(Server(stripe)) as server:
        yield server


@pytest.fixture
def cast(people: People, fan: Person, creator: Person) -> Iterator[Cast]:
    """Who calls; the admin is one no longer than the test."""
    admin = people.admin()
    yield Cast(fan, creator, admin, people.fan("bystander"))
    people.set(admin, role="fan")


@pytest.fixture
def stagehand(api: Api, owner: Owner, people: People, fund: Fund, cast: Cast) -> Stagehand:
    return Stagehand(api, owner, people, fund, cast)


ALL = http_functions()
TAKES_SOMETHING = [one for one in ALL if operation_of(one).keys() & {"parameters", "requestBody"}]
"""Of the others no request is wrong."""


def every(functions: Sequence[HttpFunction]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("function", functions, ids=lambda one: str(one.name))


@every(ALL)
def test_what_the_document_allows_is_answered_as_it_says(
    function: HttpFunction, server: Server, cast: Cast, stagehand: Stagehand
) -> None:
    there = stagehand.set_up(function.path)

    @how_many
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(requests_of(function, GenerationMode.POSITIVE))
        who = data.draw(st.sampled_from(list(cast.tokens())), label="who")
        if data.draw(st.booleans(), label="about what is there"):
            aim(case, there)
        answer = server.send(case, cast.tokens()[who])
        case.validate_response(answer, checks=CONFORMITY)

    ask()


def requests_of(function: HttpFunction, mode: GenerationMode) -> st.SearchStrategy[Sent]:
    """Requests to an endpoint, good or wrong in some way."""
    strategy: st.SearchStrategy[Sent] = SCHEMA[function.path][function.method].as_strategy(mode)
    return strategy


def aim(case: Sent, there: Ids) -> None:
    """Turns a case to what is there, in its path and in its body."""
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict):
            part |= {name: there[name] for name in part.keys() & there.keys()}


@every(TAKES_SOMETHING)
def test_what_the_document_does_not_allow_is_refused_as_it_says(
    function: HttpFunction, server: Server, cast: Cast
) -> None:
    @how_many
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(requests_of(function, GenerationMode.NEGATIVE))
        who = data.draw(st.sampled_from(list(cast.tokens())), label="who")
        answer = server.send(case, cast.tokens()[who])
        case.validate_response(answer, checks=REFUSED)

    ask()
