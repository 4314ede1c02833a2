"""Cold starts of built functions under Lambda's runtime: beside nothing but their packages, and
beside the same code packaged as it ordinarily is."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from limelight.http import Pattern
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import PROJECT, State
from local.invoke import deployed
from local.requirements import exported
from local.services.backing import Backing, started
from local.stack.aws import build
from local.stack.running import Running
from local.stack.runtime import Deployed, Sandbox
from local.stack.template import find_function
from tests.bench.harness import Measured, Report, Row, Target, medians

ROUNDS: Final = 11
MOST_OF_BARE: Final = 1.15
LEAST_OF_ORDINARY: Final = 2.0
FUNCTIONS: Final[Mapping[Pattern, str]] = {
    Pattern.SQL: "wallet/balance",
    Pattern.MONEY: "streams/gift",
    Pattern.REST: "user/me",
    Pattern.ADMIN: "admin/applications",
}
"""One of each pattern, as the product has it."""

ARCHITECTURES: Final = ("arm64", "x86_64")
MEGABYTE: Final = 1_000_000
MOST_MEGABYTES: Final = 90

LAYER: Final = PROJECT / "layers" / "common"
BENCH: Final = PROJECT / "tests" / "bench"
ZIPPED: Final = 315_532_800.0
"""The first of January 1980, which SAM's archives date every file."""

_PLACEHOLDER: Final = re.compile(r"\$\{\w+\}")


@dataclass(frozen=True, slots=True)
class Built:
    """What was built, and the supervisor that may run it."""

    supervisor: Supervisor
    state: State
    running: Running

    def function(self, name: str) -> Deployed:
        """The function `family/action`, as `sam build` leaves it."""
        return deployed(find_function(name, self.running.parameters), self.running)

    def init(self, function: Deployed, event: str) -> float:
        """How long a cold start takes (ms)."""
        with Sandbox(self.supervisor, self.state, function) as sandbox:
            sandbox.invoke(event)
            took = sandbox.init
        if took is None:
            raise RuntimeError(f"{function.name}: the emulator told no init duration")
        return took


def run(report: Report) -> None:
    """Rows for one function of each pattern."""
    with built() as (one, _):
        for architecture in ARCHITECTURES:
            with report.measuring(f"the layer for {architecture}"):
                _size(report, one.state, architecture)
        with report.measuring("packaging as it is ordinarily done"):
            ordinary = _ordinary(one.state)
        for pattern, name in FUNCTIONS.items():
            with report.measuring(f"cold starts, {pattern}"):
                _cold_starts(report, one, pattern, name, ordinary)


@contextmanager
def built() -> Iterator[tuple[Built, Backing]]:
    """Layer and functions as `sam build` leaves them, and the services that they speak with."""
    with tempfile.TemporaryDirectory(prefix="limelight-bench-") as directory:
        root = Path(directory)
        root.chmod(0o711)  # the servers may be another user
        with started(State(root), Ports.free(), title="make bench") as stack:
            build(stack.supervisor, stack.backing.state)
            one = Built(stack.supervisor, stack.backing.state, Running.of(stack.backing))
            yield one, stack.backing


def _size(report: Report, state: State, architecture: str) -> None:
    """How large the layer is unzipped; built across, from wheels of that architecture."""
    target = state.root / f"layer-{architecture}"
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    options = {"ARCH": architecture, "PYTHON": sys.executable, "ARTIFACTS_DIR": str(target)}
    subprocess.run(
        ["make", "--silent", "-C", str(LAYER), "build-CommonLayer"],
        env={**os.environ, **options, "PATH": tools},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    files = (path for path in target.rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files) / MEGABYTE
    most = Target(MOST_MEGABYTES, f"≤ {MOST_MEGABYTES} MB")
    report.add(Row(f"layer, {architecture}", size, "MB", target=most, note="unzipped"))


def _ordinary(state: State) -> Path:
    """A layer as a plain `pip install` and an archive make it: bytecode is there, and by the dates
    it is that of another source, so that it is made again at every cold start."""
    target = state.root / "ordinary"
    requirements = state.root / "requirements.txt"
    requirements.write_text(exported())
    command = [
        *(str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps"),
        # Copies: a link's date would be that of the installer's cache.
        *("--link-mode", "copy", "--python", sys.executable, "--target", str(target)),
        *("--requirement", str(requirements)),
    ]
    subprocess.run(command, check=True)
    for package in ("limelight", "lambda_pool"):
        source = LAYER / package
        subprocess.run(["cp", "-R", source, target], check=True)
    _date(target, time.time())
    compiling = ["-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "timestamp"]
    subprocess.run([sys.executable, *compiling, str(target)], check=True)
    _date(target, ZIPPED)
    return target


def _date(directory: Path, moment: float) -> None:
    for file in directory.rglob("*.py"):
        os.utime(file, (moment, moment))


def _cold_starts(report: Report, one: Built, pattern: Pattern, name: str, ordinary: Path) -> None:
    ours = one.function(name)
    bare = replace(ours, code=BENCH / "bare", handler=f"{pattern}.handler")
    stale = replace(ours, layers=(ordinary,))
    everything = replace(
        stale,
        code=BENCH / "ordinary",
        handler="everything.handler",
        layers=(ours.code, ordinary),
        environment={**ours.environment, "FUNCTION": name.replace("/", ".")},
    )
    event = _PLACEHOLDER.sub(str(uuid4()), (PROJECT / "events" / f"{name}.json").read_text())

    def starting(function: Deployed) -> Measured:
        return lambda: one.init(function, event)

    contenders = {"ours": ours, "bare": bare, "stale": stale, "everything": everything}
    took = medians({key: starting(function) for key, function in contenders.items()}, ROUNDS)

    row = f"init, {pattern}"
    most = Target(took["bare"] * MOST_OF_BARE, f"≤ {MOST_OF_BARE} times as long")
    half = Target(took["everything"] / LEAST_OF_ORDINARY, f"≥ {LEAST_OF_ORDINARY} times as fast")
    report.add(Row(row, took["ours"], "ms", "its packages alone", took["bare"], most))
    report.add(Row(row, took["ours"], "ms", "packaged as usual", took["everything"], half))
    report.add(Row(row, took["ours"], "ms", "with stale bytecode", took["stale"]))
