"""What the commands of the stack have in common: options, orderly ends, errors in one line."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator

import click

from local.gateway.bootstrap import BootstrapError
from local.host.ports import Ports, PortsTakenError
from local.host.processes import ChildFailedError, stop_on_signals
from local.host.state import AlreadyRunningError
from local.seed.target import SeedError
from local.services.migrate import MigrationError
from local.services.postgres import PostgresError
from local.stack.aws import DeployError
from local.stack.template import TemplateError

EXPECTED = (
    AlreadyRunningError,
    BootstrapError,
    ChildFailedError,
    DeployError,
    MigrationError,
    PortsTakenError,
    PostgresError,
    SeedError,
    TemplateError,
)
INTERRUPTED = 130

ports_option = click.option(
    "--ports",
    type=click.Choice(["standard", "free"]),
    default="standard",
    show_default=True,
    help="The well-known ports, or whichever are free.",
)


def choose_ports(choice: str) -> Ports:
    return Ports.free() if choice == "free" else Ports()


@contextlib.contextmanager
def orderly() -> Iterator[None]:
    """Within, signals end the command in order, and failures are told without a traceback."""
    if "MAKELEVEL" in os.environ:
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    try:
        with stop_on_signals():
            yield
    except EXPECTED as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None


def _end_with(parent: int) -> None:
    """End this command when the `make` that started it is gone, however that came to be."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
