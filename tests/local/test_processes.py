"""Whatever becomes of the command that started them, no process is left."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.host.processes import ChildFailedError, Supervisor, end_leftovers
from local.host.state import PROJECT, State

# A command with two services; the first has a worker of its own that shrugs off SIGTERM.
COMMAND = """
import sys, time
from pathlib import Path
from local.host.processes import Supervisor, stop_on_signals
from local.host.state import State

worker = "trap '' TERM; while true; do sleep 0.1; done"
with stop_on_signals(), Supervisor(State(root=Path(sys.argv[1]))) as supervisor:
    supervisor.start("first", ["sh", "-c", f'sh -c "{worker}" & wait'], grace=1)
    supervisor.start("second", ["sleep", "300"])
    print("up", flush=True)
    time.sleep(300)
"""


def start_command(root: Path) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """The command and all that descends from it, once it is up."""
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(root)],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    assert command.stdout.readline() == "up\n"
    parent = psutil.Process(command.pid)
    wait_until(lambda: len(parent.children(recursive=True)) >= 4)
    return command, parent.children(recursive=True)


def wait_until(condition: Callable[[], bool], timeout: float = 10) -> None:
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def is_gone(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_process_outlives_the_command(number: signal.Signals, tmp_path: Path) -> None:
    command, descendants = start_command(tmp_path)

    command.send_signal(number)
    command.communicate(timeout=15)

    wait_until(lambda: all(map(is_gone, descendants)))


def test_an_impatient_second_interrupt_does_not_cut_the_teardown_short(tmp_path: Path) -> None:
    command, descendants = start_command(tmp_path)

    for _ in range(3):
        command.send_signal(signal.SIGINT)
        time.sleep(0.2)
    command.communicate(timeout=15)

    wait_until(lambda: all(map(is_gone, descendants)))


def test_what_a_killed_run_left_is_ended_by_the_next(tmp_path: Path) -> None:
    state = State(root=tmp_path)
    command, descendants = start_command(tmp_path)
    record = state.processes.read_text()
    guardian = next(child for child in descendants if "guardian.py" in " ".join(child.cmdline()))
    guardian.kill()
    command.kill()
    command.communicate()
    left = [child for child in descendants if not is_gone(child)]
    assert left

    assert state.processes.read_text() == record
    assert end_leftovers(state) == ["second", "first"]

    wait_until(lambda: all(map(is_gone, left)))
    assert not state.processes.exists()


def test_a_record_whose_pid_now_belongs_to_another_program_harms_nobody(tmp_path: Path) -> None:
    state = State(root=tmp_path)
    state.processes.write_text(f'[{{"name": "old", "pid": {os.getpid()}, "created": 1.0}}]')

    assert end_leftovers(state) == []


def test_a_service_that_ends_at_once_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    with Supervisor(State(root=tmp_path)) as supervisor:
        child = supervisor.start("broken", ["sh", "-c", "echo no such table; exit 3"])

        with pytest.raises(ChildFailedError, match="status 3") as failure:
            supervisor.wait_for(child, lambda: False, timeout=5)

    assert "no such table" in str(failure.value)


def test_a_service_that_never_answers_is_given_up(tmp_path: Path) -> None:
    with Supervisor(State(root=tmp_path)) as supervisor:
        child = supervisor.start("silent", ["sleep", "300"])

        with pytest.raises(ChildFailedError, match="was not ready after"):
            supervisor.wait_for(child, lambda: False, timeout=0.2)
