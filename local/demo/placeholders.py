"""The placeholders in `events/`: `${FAN_TOKEN}` and its like, filled when an event is sent.

People and places are the demo data of the stack that runs. What an event changes or uses up is
made for it (`local.demo.props`), so that it can be sent again and again.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping

import click

from local.demo.client import Client, UnexpectedAnswerError
from local.demo.data import Demo
from local.demo.props import PROPS, Place, make_props
from local.host.state import State, read_json, write_private
from local.stack.running import Running

# Where the deployed API answers: no placeholder, but what props are made through.
ADDRESS = "API_URL"
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@contextlib.contextmanager
def offered(state: State, demo: Demo, api_url: str) -> Iterator[None]:
    """Offer the demo data of a stack to other commands while it runs, in a file of its owner's."""
    write_private(state.demo, json.dumps(demo.values() | {ADDRESS: api_url}))
    try:
        yield
    finally:
        state.demo.unlink(missing_ok=True)


def placeholders(event: str) -> set[str]:
    """The names that stand in an event for what it is sent with."""
    return set(_PLACEHOLDER.findall(event))


def filled(event: str, state: State, running: Running) -> str:
    """The event with its placeholders filled: from the environment, else for the stack that runs.

    Raises:
        click.ClickException: nothing is known to fill one with, or a prop could not be made.
    """
    demo: dict[str, str] = read_json(state.demo) or {}
    values = demo | dict(os.environ)
    missing = placeholders(event) - values.keys()
    props = missing & PROPS.keys() if demo else set()
    if unknown := sorted(missing - props):
        names = ", ".join(unknown)
        raise click.ClickException(
            f"The event needs {names}: start `make run` in another terminal, or export them."
        )
    if not props:
        return fill(event, values)
    with Client(demo[ADDRESS]) as client:
        place = Place.of(running, client, demo)
        try:
            return fill(event, values | make_props(place, event, props))
        except UnexpectedAnswerError as error:
            raise click.ClickException(f"What the event needs could not be made: {error}") from None


def fill(event: str, values: Mapping[str, str]) -> str:
    """The event with every placeholder replaced by its value."""
    return _PLACEHOLDER.sub(lambda found: values[found[1]], event)
