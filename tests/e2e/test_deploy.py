"""The stack in a local AWS: every function of it answers its event, and an update replaces what it
names and nothing else.
"""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from secrets import token_hex
from typing import Any, Final

import pytest
from botocore.config import Config
from samcli.yamlhelper import yaml_dump, yaml_parse

from local.demo.client import Client
from local.demo.data import Demo, make_demo
from local.demo.placeholders import fill, placeholders
from local.demo.props import PROPS, Place, make_props
from local.host.state import PROJECT
from local.stack.aws import BUILD, STACK, deploy
from local.stack.deployed import Deployment
from local.stack.running import Running
from local.stack.template import FunctionEntry, local_parameters, read_functions

pytestmark = pytest.mark.timeout(900)

EVENTS = PROJECT / "events"
NAMES = sorted(str(path.relative_to(EVENTS).with_suffix("")) for path in EVENTS.rglob("*.json"))
OPERATIONS = json.loads((PROJECT / "docs" / "openapi.json").read_text())["paths"]

PUBLISHER = "jobs/publish_outbox"
"""It stays for a minute, in which the others are called."""
AT_ONCE = 2
"""Each first call starts a process: more of them than cores would only wait for one another."""
PATIENCE = 300
"""Seconds for an answer on a machine that is busy with other things."""

ELSEWHERE = "ws://127.0.0.1:7881"
CHANGED = "GiftsCatalogue"
# A name of the same length: the answer says how long it is.
CHANGE = """

before = handler


def handler(event: object, context: object) -> object:
    answer = before(event, context)
    return answer | {"body": answer["body"].replace("Rose", "Lily")}
"""


HEARTBEAT_SECONDS: Final = 20.0
"""Far below the silence that ends a stream, and not so often that the host is told to slow down."""


class Sandbox:
    """The deployed functions, called with the events that AWS's other services would send them."""

    def __init__(self, stack: Deployment, client: Client, demo: Demo) -> None:
        self._heard_until = 0.0
        self._client = client
        self._demo = demo
        self._place = Place.of(Running.of(stack.backing), client, demo.values())
        self._names = _physical_names(stack)
        patience = Config(read_timeout=PATIENCE, retries={"total_max_attempts": 1})
        self._lambda = stack.aws.session().client(
            "lambda", endpoint_url=stack.aws.url, config=patience
        )
        self.entries: Mapping[str, FunctionEntry] = {
            entry.name: entry for entry in read_functions(local_parameters(stack.backing))
        }
        """The template's functions by name."""

    @property
    def deployed(self) -> set[str]:
        """The logical ids of what CloudFormation made."""
        return set(self._names)

    def call(self, name: str) -> tuple[Any, Any]:
        """The function's event as it was sent, and what it returned.

        A function that raised, or that did not answer in its time, fails the test.
        """
        self._keep_live()
        event = (EVENTS / f"{name}.json").read_text()
        values = self._demo.values()
        props = make_props(self._place, event, placeholders(event) & PROPS.keys())
        sent = fill(event, values | props)
        answer = self._lambda.invoke(
            FunctionName=self._names[self.entries[name].logical_id], Payload=sent.encode()
        )
        payload = answer["Payload"].read().decode()
        assert "FunctionError" not in answer, payload
        return json.loads(sent), json.loads(payload)

    def close(self) -> None:
        self._lambda.close()

    def _keep_live(self) -> None:
        """The job that ends streams whose hosts are silent is one of the functions."""
        if time.monotonic() < self._heard_until:
            return
        self._heard_until = time.monotonic() + HEARTBEAT_SECONDS
        path = f"/api/streams/{self._demo.stream_id}/heartbeat"
        self._client.post(path, self._demo.creator).require(200)


@pytest.fixture(scope="module")
def demo(stack: Deployment, client: Client) -> Demo:
    return make_demo(stack.backing, client)


@pytest.fixture(scope="module")
def sandbox(stack: Deployment, client: Client, demo: Demo) -> Iterator[Sandbox]:
    sandbox = Sandbox(stack, client, demo)
    yield sandbox
    sandbox.close()


@pytest.fixture(scope="module")
def calls(
    sandbox: Sandbox, request: pytest.FixtureRequest
) -> Iterator[Mapping[str, Future[tuple[Any, Any]]]]:
    """One call of every function whose test was chosen, under way."""
    chosen = {item.callspec.params["name"] for item in _parametrized(request)}
    pools = {True: ThreadPoolExecutor(1), False: ThreadPoolExecutor(AT_ONCE)}
    yield {
        name: pools[name == PUBLISHER].submit(sandbox.call, name)
        for name in NAMES
        if name in chosen
    }
    for pool in pools.values():
        pool.shutdown(cancel_futures=True)


def success(event: Mapping[str, Any]) -> int:
    """The status that the documentation promises for what the event asks."""
    operation = OPERATIONS[event["resource"]][event["httpMethod"].lower()]
    return next(int(status) for status in operation["responses"] if status.startswith("2"))


def test_every_function_is_deployed_and_has_its_event(sandbox: Sandbox) -> None:
    assert sandbox.deployed == {entry.logical_id for entry in sandbox.entries.values()}
    assert set(NAMES) == set(sandbox.entries)


@pytest.mark.parametrize("name", NAMES)
def test_a_function_answers_its_event(
    name: str, calls: Mapping[str, Future[tuple[Any, Any]]]
) -> None:
    sent, answer = calls[name].result()

    if "httpMethod" in sent:
        assert answer["statusCode"] == success(sent), answer["body"]
    else:
        assert isinstance(answer["done"], int), answer


def test_an_update_replaces_what_it_names_and_nothing_else(
    stack: Deployment, client: Client, demo: Demo, tmp_path: Path
) -> None:
    fan, stream = demo.fans[0], f"/api/streams/{demo.stream_id}"
    client.post(f"{stream}/heartbeat", demo.creator).require(200)
    token = client.get(f"{stream}/token", fan).require(200)
    gifts = client.get("/api/gifts").require(200)
    balance = client.get("/api/wallet/balance", fan).require(200)

    outputs = deploy(
        stack.supervisor,
        stack.backing.state,
        stack.aws,
        # Without another release, what has an alias would stay as it was published.
        local_parameters(stack.backing) | {"LiveKitUrl": ELSEWHERE, "Release": token_hex(8)},
        template=_next_release(tmp_path),
    )

    assert outputs["ApiId"] == stack.api_id
    assert token["url"] != ELSEWHERE
    assert client.get(f"{stream}/token", fan).require(200)["url"] == ELSEWHERE
    assert "Rose" in str(gifts.body)
    renamed = client.get("/api/gifts").require(200)
    assert str(renamed.body) == str(gifts.body).replace("Rose", "Lily")
    assert client.get("/api/wallet/balance", fan).require(200).body == balance.body


def _next_release(directory: Path) -> Path:
    """What was built, but for one function whose code has changed; the template's path."""
    document = yaml_parse((BUILD / "template.yaml").read_text())
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        for member in {"CodeUri", "ContentUri"} & properties.keys():
            properties[member] = str(BUILD / properties[member])
    code = shutil.copytree(BUILD / CHANGED, directory / CHANGED)
    with (code / "gifts" / "catalogue.py").open("a") as source:
        source.write(CHANGE)
    document["Resources"][CHANGED]["Properties"]["CodeUri"] = str(code)
    template = directory / "template.yaml"
    template.write_text(yaml_dump(document))
    return template


def _physical_names(stack: Deployment) -> Mapping[str, str]:
    """What CloudFormation called the functions, by logical id."""
    formation = stack.aws.session().client("cloudformation", endpoint_url=stack.aws.url)
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
    }


def _parametrized(request: pytest.FixtureRequest) -> list[pytest.Function]:
    """The chosen tests that are about one function."""
    return [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_a_function_answers_its_event.__name__
    ]
