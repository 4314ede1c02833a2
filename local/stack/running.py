"""Tells other commands how to reach the stack that runs: `invoke` borrows it."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from local.host.state import State, owner_of, read_json, write_private
from local.services.backing import Backing
from local.stack.template import local_parameters


@dataclass(frozen=True, slots=True)
class Running:
    """What a function must know to run against a stack."""

    parameters: Mapping[str, str]
    """The template's parameters."""
    secrets_environment: Mapping[str, str]
    """Where the function reads its secrets."""

    @classmethod
    def of(cls, backing: Backing) -> Self:
        return cls(local_parameters(backing), backing.secrets.environment())


@contextlib.contextmanager
def announced(backing: Backing) -> Iterator[None]:
    """Say for a while, in a file that only its owner reads, that this stack runs."""
    running = Running.of(backing)
    entry = {"parameters": running.parameters, "secrets": running.secrets_environment}
    write_private(backing.state.stack, json.dumps(entry))
    try:
        yield
    finally:
        backing.state.stack.unlink(missing_ok=True)


def find_running(state: State) -> Running | None:
    """The stack that runs on this state directory, or None."""
    entry = read_json(state.stack)
    if entry is None or owner_of(state) is None:
        return None
    return Running(entry["parameters"], entry["secrets"])
