"""A process that can be frozen: the parent's side of `tests.faults.worker`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from local.host.state import PROJECT


class Process:
    """A Python module as a process that answers each line it is given with one line, in JSON."""

    def __init__(self, module: str, variables: Mapping[str, str]) -> None:
        self._module = module
        self._environment = variables

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=PROJECT,
            env=self._environment,
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, action: str, *arguments: object) -> dict[str, Any]:
        """Has the process do something and answers what came of it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([action, *arguments]) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Within, the process stands still, as a sandbox between two requests does."""
        os.kill(self._process.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._process.pid, os.WSTOPPED)
        try:
            yield
        finally:
            os.kill(self._process.pid, signal.SIGCONT)


class Sandbox(Process):
    """One sandbox of a function, as far as its pool is concerned."""

    def __init__(self, conninfo: str, *, max_idle: float) -> None:
        variables = {"POOL_CONNINFO": conninfo, "POOL_MAX_IDLE": str(max_idle)}
        super().__init__("tests.faults.worker", environment() | variables)


def environment() -> dict[str, str]:
    """The environment of a process that imports what the layer ships."""
    return {**os.environ, "PYTHONPATH": str(PROJECT / "layers" / "common")}
