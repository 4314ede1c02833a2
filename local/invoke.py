"""`make invoke`: one function, run as Lambda would run it.

The built code and layer, the template's environment, AWS's own Runtime Interface Emulator and
runtime client; a Python that sees nothing of this machine's packages.
"""

import contextlib
import json
import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import httpx
from rich.console import Console

from local.aws import BUILD, build, credentials
from local.backing import started
from local.commands import orderly
from local.console import Progress
from local.placeholders import filled
from local.ports import LOOPBACK, Ports
from local.processes import Child, Supervisor
from local.running import Running, find_running
from local.state import State
from local.template import FunctionEntry, find_function

SANDBOX = Path(__file__).with_name("sandbox.py")
LAYER = "CommonLayer"
INVOCATION = "/2015-03-31/functions/function/invocations"
# What Lambda's Python 3.13 has beside the standard library.
RUNTIME = (
    *("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py"),
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"),
)

_EMULATORS = re.compile(r"\] \(rapid\) |^(START|END|REPORT) RequestId: ")


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
        invocation = invoke(supervisor, state, entry, running, sent)
    for line in invocation.log:
        progress.console.print(line, markup=False)
    click.echo(json.dumps(invocation.answer, indent=2))
    progress.say(
        f"[bold]{entry.logical_id}[/]  init {_milliseconds(invocation.init)}, "
        f"duration {_milliseconds(invocation.duration)}, {entry.memory} MB"
    )
    if invocation.failed:
        raise SystemExit(1)


def invoke(
    supervisor: Supervisor, state: State, entry: FunctionEntry, running: Running, event: str
) -> Invocation:
    """Start a sandbox of its own for the function and send it one event."""
    ports = Ports.free()
    address = f"{LOOPBACK}:{ports.api}"
    child = supervisor.start(
        "function",
        [
            *(_emulator(), "--runtime-interface-emulator-address", address),
            *("--runtime-api-address", f"{LOOPBACK}:{ports.aws}"),
            *(sys.executable, "-I", "-S", str(SANDBOX), entry.handler),
        ],
        env=_environment(state, entry, running),
        cwd=_code(entry),
        grace=1,
    )
    answer = _post(supervisor, child, f"http://{address}{INVOCATION}", event, entry.timeout)
    supervisor.stop(child)
    return _read(answer, child.log.read_text(errors="replace"))


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


def _environment(state: State, entry: FunctionEntry, running: Running) -> dict[str, str]:
    code, layer = _code(entry), BUILD / LAYER / "python"
    return (
        credentials()
        | entry.environment
        | dict(running.secrets_environment)
        | {
            "LIMELIGHT_SANDBOX_PATH": os.pathsep.join(
                map(str, (code, layer, _runtime_packages(state)))
            ),
            "LAMBDA_TASK_ROOT": str(code),
            "AWS_LAMBDA_FUNCTION_NAME": entry.logical_id,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(entry.memory),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(entry.timeout),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            # As `sam local invoke` has it: there is no X-Ray daemon to send traces to.
            "AWS_SAM_LOCAL": "true",
        }
    )


def _code(entry: FunctionEntry) -> Path:
    return BUILD / entry.logical_id


def _runtime_packages(state: State) -> Path:
    """A directory of links to what Lambda's runtime brings, and to nothing else."""
    directory = state.cache / "runtime"
    directory.mkdir(exist_ok=True)
    for name in RUNTIME:
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = directory / source.name
        link.unlink(missing_ok=True)
        link.symlink_to(source)
    return directory


def _emulator() -> str:
    spec = find_spec("samcli.local.rapid")
    places = list(spec.submodule_search_locations or ()) if spec else []
    machine = "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"
    program = Path(places[0], f"aws-lambda-rie-{machine}") if places else Path()
    if sys.platform != "linux" or not program.is_file():
        raise click.ClickException(
            "The Runtime Interface Emulator needs Linux; `sam local invoke` needs Docker."
        )
    return str(program)


def _post(supervisor: Supervisor, child: Child, url: str, event: str, timeout: int) -> Any:
    """Send the event once the emulator listens; its own time-out ends the function."""
    answers: list[httpx.Response] = []

    def sent() -> bool:
        try:
            answers.append(httpx.post(url, content=event, timeout=timeout + 10, trust_env=False))
        except httpx.ConnectError:
            return False
        return True

    supervisor.wait_for(child, sent, timeout=10)
    try:
        return answers[0].json()
    except ValueError:
        raise child.failure(f"answered {answers[0].text!r}") from None


def _read(answer: Any, said: str) -> Invocation:
    """Tell the function's own lines from the emulator's, and take the durations from the latter.

    The REPORT line's own init duration is no use: the emulator starts the runtime with the first
    event and counts that into the invocation.
    """
    own = [line for line in said.splitlines() if line and not _EMULATORS.search(line)]
    return Invocation(
        answer,
        own,
        init=_number(r"INIT REPORT\(durationMs: ([\d.]+)", said),
        duration=_number(r"INVOKE RTDONE\(.*duration: ([\d.]+)ms", said),
    )


def _number(pattern: str, text: str) -> float | None:
    match = re.search(pattern, text)
    return float(match[1]) if match else None


def _milliseconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.0f} ms"
