"""A function under Lambda's own runtime: AWS's Runtime Interface Emulator and runtime client, the
code and the layer as built, and a Python that sees nothing of this machine's packages.
"""

import os
import platform
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import click
import httpx
import psutil

from local.host.ports import LOOPBACK, Ports
from local.host.processes import Child, Supervisor
from local.host.state import State

SANDBOX = Path(__file__).with_name("sandbox.py")
INVOCATION = "/2015-03-31/functions/function/invocations"
# What Lambda's Python 3.13 has beside the standard library.
RUNTIME = (
    *("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py"),
    *("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"),
)

_EMULATORS = re.compile(r"\] \(rapid\) |^(START|END|REPORT) RequestId: ")


@dataclass(frozen=True, slots=True)
class Deployed:
    """A function as it lies on Lambda: its code, the layers below it, and what it is told."""

    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout: int = 15
    memory: int = 512


class Sandbox:
    """One sandbox of a function, from its cold start to its end."""

    def __init__(self, supervisor: Supervisor, state: State, function: Deployed) -> None:
        self._supervisor = supervisor
        self._state = state
        self._function = function

    def __enter__(self) -> Self:
        ports = Ports.free()
        address = f"{LOOPBACK}:{ports.api}"
        self._url = f"http://{address}{INVOCATION}"
        self._child = self._supervisor.start(
            "function",
            [
                *(_emulator(), "--runtime-interface-emulator-address", address),
                *("--runtime-api-address", f"{LOOPBACK}:{ports.aws}"),
                # Lambda mounts code and layers read-only: no bytecode is left for the next start.
                *(sys.executable, "-I", "-S", "-B", str(SANDBOX), self._function.handler),
            ],
            env=_environment(self._state, self._function),
            cwd=self._function.code,
            grace=1,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._supervisor.stop(self._child)

    def invoke(self, event: str) -> Any:
        """What the function answers to the event; the first one starts it."""
        answer = _post(self._supervisor, self._child, self._url, event, self._function.timeout)
        try:
            return answer.json()
        except ValueError:
            raise self._child.failure(f"answered {answer.text!r}") from None

    @property
    def log(self) -> list[str]:
        """What the function itself has logged."""
        return [line for line in self._said.splitlines() if line and not _EMULATORS.search(line)]

    @property
    def init(self) -> float | None:
        """How long the cold start took (ms), from the start of the process to the first event.

        The REPORT line's own init duration is no use: the emulator starts the runtime with the
        first event and counts that into the invocation.
        """
        return _number(r"INIT REPORT\(durationMs: ([\d.]+)", self._said)

    @property
    def duration(self) -> float | None:
        """How long the first invocation took (ms)."""
        return _number(r"INVOKE RTDONE\(.*duration: ([\d.]+)ms", self._said)

    @property
    def peak_memory(self) -> int:
        """The most memory (bytes, resident) that the function's process has had so far."""
        status = Path(f"/proc/{self._runtime.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        if found is None:
            raise self._child.failure("tells no peak of its memory")
        return int(found[1]) * 1024

    @property
    def processor_time(self) -> float:
        """The processor time (s) that the function's process has taken so far."""
        times = self._runtime.cpu_times()
        return float(times.user + times.system)

    @property
    def _runtime(self) -> psutil.Process:
        (runtime,) = psutil.Process(self._child.pid).children()
        return runtime

    @property
    def _said(self) -> str:
        return self._child.log.read_text(errors="replace")


def _environment(state: State, function: Deployed) -> dict[str, str]:
    places = (function.code, *function.layers, _runtime_packages(state))
    return dict(function.environment) | {
        "LIMELIGHT_SANDBOX_PATH": os.pathsep.join(map(str, places)),
        "LAMBDA_TASK_ROOT": str(function.code),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        # As `sam local invoke` has it: there is no X-Ray daemon to send traces to.
        "AWS_SAM_LOCAL": "true",
    }


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


def _post(
    supervisor: Supervisor, child: Child, url: str, event: str, timeout: int
) -> httpx.Response:
    """Send the event once the emulator listens; its own time-out ends the function."""
    answers: list[httpx.Response] = []

    def sent() -> bool:
        try:
            answers.append(httpx.post(url, content=event, timeout=timeout + 10, trust_env=False))
        except httpx.ConnectError:
            return False
        return True

    supervisor.wait_for(child, sent, timeout=10)
    return answers[0]


def _number(pattern: str, text: str) -> float | None:
    match = re.search(pattern, text)
    return float(match[1]) if match else None
