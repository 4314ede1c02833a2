"""`make invoke`: one function, run as Lambda would run it, with the template's environment."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from local.commands import orderly
from local.demo.placeholders import filled
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.progress import Progress
from local.host.state import State
from local.services.backing import started
from local.stack.aws import BUILD, build, credentials
from local.stack.running import Running, find_running
from local.stack.runtime import Deployed, Sandbox
from local.stack.template import FunctionEntry, find_function

LAYER = BUILD / "CommonLayer" / "python"


@dataclass(frozen=True, slots=True)
class Invocation:
    """What one invocation answered, what the function logged, and how long it took (ms)."""

    answer: Any
    log: list[str]
    init: float | None
    duration: float | None

    @property
    def failed(self) -> bool:
        """Whether the function raised instead of answering."""
        return isinstance(self.answer, dict) and "errorType" in self.answer


@click.command("invoke")
@click.argument("function")
@click.argument("event", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def command(function: str, event: Path) -> None:
    """Run FUNCTION (streams/join or StreamsJoin) once with the JSON file EVENT.

    Its placeholders, as ${FAN_TOKEN}, are filled from the environment, else from the demo data of
    the stack that runs.
    """
    progress = Progress(Console(stderr=True, highlight=False, soft_wrap=True))
    with orderly(), _services(progress) as (supervisor, running, state):
        entry = find_function(function, running.parameters)
        with progress.step("sam build") as step:
            step.note = "layer and functions" if build(supervisor, state) else "nothing changed"
        sent = filled(event.read_text(), State(), running)
        invocation = invoke(supervisor, state, deployed(entry, running), sent)
    for line in invocation.log:
        progress.console.print(line, markup=False)
    click.echo(json.dumps(invocation.answer, indent=2))
    progress.say(
        f"[bold]{entry.logical_id}[/]  init {_milliseconds(invocation.init)}, "
        f"duration {_milliseconds(invocation.duration)}, {entry.memory} MB"
    )
    if invocation.failed:
        raise SystemExit(1)


def invoke(supervisor: Supervisor, state: State, function: Deployed, event: str) -> Invocation:
    """Start a sandbox of its own for the function and send it one event."""
    with Sandbox(supervisor, state, function) as sandbox:
        answer = sandbox.invoke(event)
    return Invocation(answer, sandbox.log, sandbox.init, sandbox.duration)


def deployed(entry: FunctionEntry, running: Running) -> Deployed:
    """The function as the template describes it, built for this machine, on that stack."""
    return Deployed(
        name=entry.logical_id,
        handler=entry.handler,
        code=BUILD / entry.logical_id,
        layers=(LAYER,),
        environment=credentials() | entry.environment | dict(running.secrets_environment),
        timeout=entry.timeout,
        memory=entry.memory,
    )


@contextlib.contextmanager
def _services(progress: Progress) -> Iterator[tuple[Supervisor, Running, State]]:
    """The services of the stack that runs, else some of our own for the while."""
    running = find_running(State())
    if running is None:
        with started(State(), Ports.free(), title="make invoke", progress=progress) as stack:
            yield stack.supervisor, Running.of(stack.backing), stack.backing.state
        return
    progress.say("Using the services of the stack that runs")
    own = State(root=State().root / "invoke")
    with Supervisor(own) as supervisor:
        yield supervisor, running, own


def _milliseconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} ms"
