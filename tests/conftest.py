"""How the suites are shared out when several processes run them, as in `make test`."""

from pathlib import Path

import pytest

TESTS = Path(__file__).parent
BY_FILE = "integration"
"""Its files need nothing of each other. Each of the other suites shares a database that a test may
stop or fill, so one process runs all of it, in its order."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(TESTS)
        group = str(path) if path.parts[0] == BY_FILE else path.parts[0]
        item.add_marker(pytest.mark.xdist_group(group))
