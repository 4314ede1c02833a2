"""The placeholders in `events/`: `${FAN_TOKEN}` and its like, filled when an event is sent."""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping

import click

from local.state import State, read_json, write_private

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@contextlib.contextmanager
def offered(state: State, values: Mapping[str, str]) -> Iterator[None]:
    """Offer the demo data of a stack to other commands while it runs, in a file of its owner's."""
    write_private(state.demo, json.dumps(dict(values)))
    try:
        yield
    finally:
        state.demo.unlink(missing_ok=True)


def filled(event: str, state: State) -> str:
    """The event with its placeholders filled: from the environment, else from the demo data.

    Raises:
        click.ClickException: nothing is known to fill one with.
    """
    values = {**(read_json(state.demo) or {}), **os.environ}
    missing = sorted(set(_PLACEHOLDER.findall(event)) - values.keys())
    if missing:
        names = ", ".join(missing)
        raise click.ClickException(
            f"The event needs {names}: start `make run` in another terminal, or export them."
        )
    return _PLACEHOLDER.sub(lambda found: values[found[1]], event)
