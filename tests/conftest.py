"""How the suites are shared out when several processes run them, as in `make test`."""

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

BY_FILE: Final = "integration"
"""Its files need nothing of each other. Each of the other suites shares a database that a test may
stop or fill, so one process runs all of it, in its order."""


class BySuite(LoadScopeScheduling):  # type: ignore[misc] # which has no types
    """Hands out a suite at a time, `tests/<suite>`; of integration, a file at a time."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        suite = path.split("/")[1]
        return path if suite == BY_FILE else suite


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> BySuite:
    return BySuite(config, log)
