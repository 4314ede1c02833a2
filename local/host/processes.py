"""Child processes that never outlive the command that started them.

Every child leads its own session, so that Ctrl-C reaches only the supervisor, which stops the
children in reverse order and then kills whatever is left of each process group (the workers of the
local AWS, say). If the supervisor itself is killed, `local.host.guardian` does the same in its
place. If even that fails, the next start finds the leftovers in the record and ends them.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Self

import psutil

from local.host.state import State, read_json, write_private

GUARDIAN = Path(__file__).with_name("guardian.py")
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildFailedError(Exception):
    """A service ended or did not come up; the message carries the end of its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running service."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals
    grace: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def failure(self, what: str) -> ChildFailedError:
        return ChildFailedError(f"{self.name} {what}. The end of {self.log}:\n{tail(self.log)}")

    def require_alive(self) -> None:
        """Raise unless the process is still running."""
        code = self.process.poll()
        if code is not None:
            raise self.failure(f"ended with status {code}")


class Supervisor:
    """Starts children and, on leaving the context in whatever way, stops them newest first."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._children: list[Child] = []
        self._guardian: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._state.prepare()
        end_leftovers(self._state)
        self._guardian = subprocess.Popen(
            [sys.executable, "-I", "-S", str(GUARDIAN)],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        with uninterrupted():
            while self._children:
                self.stop(self._children[-1])
            if self._guardian is not None:
                self._guardian.communicate()
                self._guardian = None
            self._state.processes.unlink(missing_ok=True)

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        grace: float = 10,
        shown: bool = False,
    ) -> Child:
        """Start a service whose output goes to `logs/<name>.log`, or to the terminal when `shown`.

        `stop_signal` asks it to stop; after `grace` seconds its process group is killed.
        """
        log = self._state.logs / f"{name}.log"
        # A signal between the start and the record would leave a child that nobody stops.
        with _signals_deferred(), log.open("wb") as output:
            process = _spawn(argv, None if shown else output, env, cwd)
            child = Child(name, process, log, stop_signal, grace)
            self._children.append(child)
            self._tell(f"+ {child.pid} {int(stop_signal)} {grace}")
        self._record()
        return child

    def run(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path
    ) -> tuple[int, Path]:
        """Run a command to its end; answer its status and its log."""
        child = self.start(name, argv, env=env, cwd=cwd, grace=2)
        try:
            return child.process.wait(), child.log
        finally:
            self.stop(child)

    def stop(self, child: Child) -> None:
        """Stop one child and all that descends from it."""
        descendants = _descendants(child.pid)
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(child.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(child.grace)
        _kill_group(child.pid)
        child.process.wait()
        _kill_all(descendants)
        self._children.remove(child)
        self._tell(f"- {child.pid}")
        self._record()

    def wait_for(
        self, child: Child, ready: Callable[[], bool], *, timeout: float, pause: float = 0.05
    ) -> None:
        """Wait until `ready()`; raise when the child ends first or `timeout` seconds pass."""
        deadline = time.monotonic() + timeout
        while not ready():
            child.require_alive()
            if time.monotonic() > deadline:
                raise child.failure(f"was not ready after {timeout:.0f} s")
            time.sleep(pause)

    def require_alive(self) -> None:
        """Raise when any child has ended."""
        for child in self._children:
            child.require_alive()

    def _tell(self, line: str) -> None:
        if self._guardian is not None and self._guardian.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guardian.stdin.write(line + "\n")
                self._guardian.stdin.flush()

    def _record(self) -> None:
        entries = []
        for child in self._children:
            with contextlib.suppress(psutil.Error):
                created = psutil.Process(child.pid).create_time()
                entries.append({"name": child.name, "pid": child.pid, "created": created})
        write_private(self._state.processes, json.dumps(entries))


def end_leftovers(state: State) -> list[str]:
    """End the children that a killed run left behind; answer their names.

    A process counts as ours only when pid and start time both match the record.
    """
    ended = []
    for entry in reversed(read_json(state.processes) or []):
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(entry["pid"])
            if abs(process.create_time() - entry["created"]) < 1:
                _end(process)
                ended.append(entry["name"])
    state.processes.unlink(missing_ok=True)
    state.stack.unlink(missing_ok=True)
    return ended


@contextlib.contextmanager
def stop_on_signals() -> Iterator[None]:
    """Within, SIGINT, SIGTERM and SIGHUP end the command in order.

    SIGINT too where the shell that started the command in its background had it ignored.
    """

    def interrupt(number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, interrupt) for number in ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Within, an impatient second Ctrl-C does not cut the teardown short."""
    try:
        before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDING_SIGNALS}
    except ValueError:  # not the main thread: signals do not arrive here
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tail(log: Path, lines: int = 20) -> str:
    """The last lines of a log."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _spawn(
    argv: Sequence[str], output: IO[bytes] | None, env: Mapping[str, str] | None, cwd: Path | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        list(argv),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        env=dict(env) if env is not None else None,
        cwd=cwd,
        start_new_session=True,
    )


@contextlib.contextmanager
def _signals_deferred() -> Iterator[None]:
    """Within, a signal waits. By handlers and not by a mask, which the child would inherit."""
    arrived: list[int] = []
    try:
        before = {
            number: signal.signal(number, lambda number, _: arrived.append(number))
            for number in ENDING_SIGNALS
        }
    except ValueError:  # not the main thread: signals do not arrive here
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for late in arrived:
            signal.raise_signal(late)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _kill_group(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _kill_all(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _wait_gone(processes, timeout=5)


def _wait_gone(processes: Sequence[psutil.Process], timeout: float) -> None:
    """Wait until none runs. One that init has yet to reap no longer does."""
    deadline = time.monotonic() + timeout
    while any(map(_runs, processes)) and time.monotonic() < deadline:
        time.sleep(0.05)


def _runs(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _end(process: psutil.Process) -> None:
    descendants = _descendants(process.pid)
    # PostgreSQL takes SIGINT for a fast shutdown; everything else of ours ends on it, too.
    process.send_signal(signal.SIGINT)
    _wait_gone([process], timeout=10)
    _kill_group(process.pid)
    _kill_all(descendants)
