"""Time stands still but for what a test adds, so that every bill is known to the second."""

import pytest

from tests.integration.clock import StoppedClock


@pytest.fixture
def clock(stopped_clock: StoppedClock) -> StoppedClock:
    return stopped_clock
