"""Kills the stack's processes when the command that started them is killed itself.

Runs beside the supervisor as a process of its own session and reads the supervisor's pipe:
`+ PID SIGNAL GRACE` for a child that started, `- PID` for one that was stopped. When the pipe ends
with children left, the supervisor is dead (SIGKILL, a crash): stop them, newest first. Started by
path with the standard library alone, to stay small; see `local.host.processes`.
"""

import os
import signal
import sys
import time
from contextlib import suppress

PATIENCE = 3.0
"""Seconds: nobody waits for what these children were doing any more."""


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


def stop(orphans: dict[int, tuple[int, float]]) -> None:
    """Ask the children to stop, newest first, wait, then kill their whole process groups."""
    for pid, (stop_signal, _) in reversed(orphans.items()):
        with suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
    grace = min(PATIENCE, max((grace for _, grace in orphans.values()), default=0))
    deadline = time.monotonic() + grace
    while any(map(group_lives, orphans)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in orphans:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    stop(watch())


if __name__ == "__main__":
    main()
