"""A function is one short file of one shape, with its event, its test and its documents."""

import ast
import json
import re
from pathlib import Path

import pytest

from limelight.http import Pattern, Who
from limelight.http.problems import IDEMPOTENCY_HEADER
from local.demo.client import Account
from local.demo.data import Demo
from local.demo.placeholders import fill, placeholders
from local.demo.props import PROPS
from local.documents.command import generated
from local.documents.openapi import openapi
from local.facts.endpoints import FUNCTIONS, Function, HttpFunction, functions, http_functions
from local.host.state import PROJECT

MAX_LINES = 30
EVENTS = PROJECT / "events"
TESTS = PROJECT / "tests" / "integration"
NOBODY = Account("4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11", "nova", "a-token")
DEMO = Demo(NOBODY, NOBODY, (NOBODY, NOBODY), NOBODY.id, NOBODY.id).values()
"""The placeholders that the demo data fills, with values of their shape."""


def by_name(function: Function) -> str:
    return function.name


def is_paid_by_a_person(function: HttpFunction) -> bool:
    """A signed event of another platform brings its own key: the event's id."""
    router = function.router
    return router.pattern is Pattern.MONEY and router.who is not Who.SIGNED


def source(function: Function) -> str:
    return (FUNCTIONS / f"{function.name}.py").read_text()


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_a_function_is_at_most_thirty_lines(function: Function) -> None:
    assert len(source(function).splitlines()) <= MAX_LINES


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_an_endpoint_is_one_route_that_its_docstring_names(function: HttpFunction) -> None:
    assert function.summary.startswith(f"{function.method} {function.path}: ")


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_an_endpoint_does_one_thing_and_returns_it(function: HttpFunction) -> None:
    (endpoint,) = (
        node for node in ast.parse(source(function)).body if isinstance(node, ast.FunctionDef)
    )

    assert isinstance(endpoint.body[-1], ast.Return)
    assert len(endpoint.body) <= 2
    assert endpoint.returns is not None


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_a_money_post_and_nothing_else_takes_an_idempotency_key(function: HttpFunction) -> None:
    parameters = openapi()["paths"][function.path][function.method.lower()].get("parameters", [])

    takes_key = IDEMPOTENCY_HEADER in [parameter["name"] for parameter in parameters]
    assert takes_key == is_paid_by_a_person(function)


@pytest.mark.parametrize("function", functions(), ids=by_name)
def test_a_function_has_its_integration_test(function: Function) -> None:
    assert (TESTS / function.family / f"test_{function.action}.py").is_file()


def test_events_are_there_for_every_function_and_no_other() -> None:
    events = {str(path.relative_to(EVENTS).with_suffix("")) for path in EVENTS.rglob("*.json")}

    assert events == {function.name for function in functions()}


def test_every_placeholder_of_an_event_is_offered_and_every_prop_is_used() -> None:
    used = {name for path in EVENTS.rglob("*.json") for name in placeholders(path.read_text())}

    assert used <= DEMO.keys() | PROPS.keys()
    assert PROPS.keys() <= used
    assert not DEMO.keys() & PROPS.keys()


@pytest.mark.parametrize("function", http_functions(), ids=by_name)
def test_an_event_asks_for_what_its_function_serves(function: HttpFunction) -> None:
    sample = dict.fromkeys(PROPS, NOBODY.id) | {"TOMORROW": "2030-01-01T20:00:00Z"}
    sample["NEW_USERNAME"] = NOBODY.username
    event = json.loads(fill((EVENTS / f"{function.name}.json").read_text(), DEMO | sample))

    assert (event["httpMethod"], event["resource"]) == (function.method, function.path)
    assert re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", function.path), event["path"])
    assert (IDEMPOTENCY_HEADER in event["headers"]) == is_paid_by_a_person(function)
    body_field = function.route.body_field
    if function.router.who is Who.SIGNED:
        assert json.loads(event["body"])["object"] == "event"
    elif body_field is None:
        assert event["body"] is None
    else:
        _, errors = body_field.validate(json.loads(event["body"]), loc=("body",))
        assert not errors


@pytest.mark.parametrize("path", generated(), ids=lambda path: str(path.name))
def test_a_generated_document_is_up_to_date(path: Path) -> None:
    assert path.read_text() == generated()[path](), f"run `make docs`: {path.name} has changed"


def test_operations_have_names_of_their_own() -> None:
    names = [
        operation["operationId"]
        for methods in openapi()["paths"].values()
        for operation in methods.values()
    ]

    assert len(names) == len(set(names)) == len(http_functions())
