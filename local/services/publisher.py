"""The publisher of the outbox under `make dev`: what its schedule does for a deployed stack.

Run as a process of its own, in the functions' environment; a change of the code starts it anew.
"""

import contextlib
import time
from pathlib import Path
from typing import Final

from watchfiles import PythonFilter, run_process

from local.host.state import PROJECT

WATCHED: Final = tuple(PROJECT / name for name in ("functions", "layers/common"))
RUN_SECONDS: Final = 90
"""What the template gives a run."""
PAUSE_SECONDS: Final = 5
"""After a run that had no database."""


class Run:
    """Lambda's context of one run."""

    aws_request_id = "make dev"

    def __init__(self) -> None:
        self._ends = time.monotonic() + RUN_SECONDS

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends - time.monotonic()) * 1000)


def publish_for_ever() -> None:
    """One run after the other, until the process is interrupted; an outage ends none of them."""
    from functions.jobs.publish_outbox import handler
    from limelight.data.errors import DataUnavailable
    from limelight.platform.observability import logger

    with contextlib.suppress(KeyboardInterrupt):
        while True:
            try:
                handler({}, Run())
            except DataUnavailable:
                logger.exception("run failed")
                time.sleep(PAUSE_SECONDS)


def main(*directories: Path) -> None:
    """Publish, and begin anew when a Python file below `directories` changes."""
    run_process(*directories, target=publish_for_ever, watch_filter=PythonFilter())


if __name__ == "__main__":
    main(*WATCHED)
