"""One stack for these tests alone: the product, deployed from nothing into a local AWS."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from local.demo.client import Client
from local.host.ports import Ports
from local.host.progress import QUIET
from local.host.state import State
from local.stack.deployed import Deployment, deployed

IDLE_SECONDS = 45
"""Every function is called: a process of each at once would not fit into a small machine."""
ELSEWHERE = {
    "AWS_PROFILE": "somebody-elses",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_ACCESS_KEY_ID": "somebody-elses",
    "AWS_SECRET_ACCESS_KEY": "somebody-elses",
}
"""What a developer's shell may hold, and must not matter."""


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    state = State(root=tmp_path_factory.mktemp("e2e"))
    with ExitStack() as running:
        # The shell is as it was before any other test of this process looks at it.
        with pytest.MonkeyPatch.context() as shell:
            for name, value in ELSEWHERE.items():
                shell.setenv(name, value)
            stack = running.enter_context(
                deployed(
                    state,
                    Ports.free(),
                    title="the end-to-end tests",
                    durable=False,
                    idle_seconds=IDLE_SECONDS,
                    progress=QUIET,
                )
            )
        yield stack


@pytest.fixture(scope="package")
def client(stack: Deployment) -> Iterator[Client]:
    with Client(stack.api_url) as client:
        yield client
