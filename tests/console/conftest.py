"""The console in a browser, over the stack that `make run` brings up, with its demo people."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from local.demo.client import Client
from local.demo.data import Demo, make_demo
from local.host.ports import Ports
from local.host.progress import QUIET
from local.host.state import State
from local.run import console_settings
from local.stack.deployed import Deployment, deployed
from local.web.server import serve_console
from tests.console.browser import FLAGS, Windows, find_chromium


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    state = State(tmp_path_factory.mktemp("console"))
    with deployed(state, Ports.free(), title="tests", durable=False, progress=QUIET) as stack:
        yield stack


@pytest.fixture(scope="package")
def api(stack: Deployment) -> Iterator[Client]:
    with Client(stack.api_url) as client:
        yield client


@pytest.fixture(scope="package")
def demo(stack: Deployment, api: Client) -> Demo:
    return make_demo(stack.backing, api)


@pytest.fixture(scope="package")
def console_url(stack: Deployment, demo: Demo) -> Iterator[str]:
    with serve_console(console_settings(stack, demo), Ports.free().console) as url:
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser. While it is there, Playwright keeps a loop running in its thread: it soon goes."""
    path = find_chromium()
    if path is None:
        pytest.skip("Chromium is not installed (apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def windows(chromium: Browser, console_url: str) -> Iterator[Windows]:
    """Opens windows of the console; what goes wrong inside one fails the test."""
    with ExitStack() as exits:
        windows = Windows(chromium, console_url, exits)
        yield windows
        windows.require_calm()
