"""Kills the stack's processes when the command that started them is killed itself.

Runs beside the supervisor as a process of its own session and reads the supervisor's pipe:
`+ PID SIGNAL GRACE` for a child that started, `- PID` for one that was stopped. When the pipe ends
with children left, the supervisor is dead (SIGKILL, a crash): stop them, newest first. Started by
path with the standard library alone, to stay small; see `local.processes`.
"""

import os
import signal
import sys
import time
from contextlib import suppress


def watch() -> dict[int, tuple[int, float]]:
    """Follow the pipe until it ends; what is left then are orphans."""
    children: dict[int, tuple[int, float]] = {}
    for line in sys.stdin:
        mark, pid, *how = line.split()
        if mark == "+":
            children[int(pid)] = (int(how[0]), float(how[1]))
        else:
            children.pop(int(pid), None)
    return children


def group_lives(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def stop(pid: int, stop_signal: int, grace: float) -> None:
    """Ask the child to stop, wait, then kill its whole process group."""
    with suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    deadline = time.monotonic() + grace
    while group_lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    orphans = watch()
    for pid, (stop_signal, grace) in reversed(orphans.items()):
        stop(pid, stop_signal, grace)


if __name__ == "__main__":
    main()
