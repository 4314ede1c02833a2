"""The stack in a local AWS: every function of it answers its event, and an update replaces what it
should and nothing else.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from local.aws import BUILD, STACK, deploy
from local.client import PATIENCE, Client
from local.demo import Demo, make_demo
from local.deployed import Deployment
from local.placeholders import fill, placeholders
from local.props import PROPS, Place, make_props
from local.running import Running
from local.state import PROJECT
from local.template import FunctionEntry, local_parameters, read_functions

pytestmark = pytest.mark.timeout(900)

EVENTS = PROJECT / "events"
NAMES = sorted(str(path.relative_to(EVENTS).with_suffix("")) for path in EVENTS.rglob("*.json"))
OPERATIONS = json.loads((PROJECT / "docs" / "openapi.json").read_text())["paths"]


class Lambda:
    """The deployed functions, called as AWS's other services call them."""

    def __init__(self, stack: Deployment) -> None:
        session, url = stack.aws.session(), stack.aws.url
        formation = session.client("cloudformation", endpoint_url=url)
        pages = formation.get_paginator("list_stack_resources").paginate(StackName=STACK)
        self._names = {
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::Lambda::Function"
        }
        patient = Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1})
        self._lambda = session.client("lambda", endpoint_url=url, config=patient)

    @property
    def functions(self) -> set[str]:
        """Their logical ids."""
        return set(self._names)

    def call(self, logical_id: str, event: str) -> Any:
        """What the function returns. A function that raised is a failure of the test."""
        answer = self._lambda.invoke(FunctionName=self._names[logical_id], Payload=event.encode())
        payload = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, payload
        return json.loads(payload)

    def close(self) -> None:
        self._lambda.close()


@pytest.fixture(scope="module")
def lambdas(stack: Deployment) -> Iterator[Lambda]:
    lambdas = Lambda(stack)
    yield lambdas
    lambdas.close()


@pytest.fixture(scope="module")
def demo(stack: Deployment, client: Client) -> Demo:
    return make_demo(stack.backing, client)


@pytest.fixture(scope="module")
def entries(stack: Deployment) -> Mapping[str, FunctionEntry]:
    """The template's functions by name."""
    entries = read_functions(local_parameters(stack.backing))
    return {entry.name: entry for entry in entries}


def success(event: Mapping[str, Any]) -> int:
    """The status that the documentation promises for what the event asks."""
    operation = OPERATIONS[event["resource"]][event["httpMethod"].lower()]
    return next(int(status) for status in operation["responses"] if status.startswith("2"))


def test_every_function_is_deployed_and_has_its_event(
    lambdas: Lambda, entries: Mapping[str, FunctionEntry]
) -> None:
    assert lambdas.functions == {entry.logical_id for entry in entries.values()}
    assert set(NAMES) == set(entries)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_answers_its_event(
    name: str,
    stack: Deployment,
    client: Client,
    demo: Demo,
    lambdas: Lambda,
    entries: Mapping[str, FunctionEntry],
) -> None:
    event = (EVENTS / f"{name}.json").read_text()
    values = demo.values()
    place = Place.of(Running.of(stack.backing), client, values)
    props = make_props(place, event, placeholders(event) & PROPS.keys())
    sent = fill(event, values | props)

    answer = lambdas.call(entries[name].logical_id, sent)

    if name.startswith("jobs/"):
        print(name, answer)
    else:
        assert answer["statusCode"] == success(json.loads(sent)), answer["body"]
