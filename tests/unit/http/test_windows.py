"""The windows in a sandbox's memory slide to the second, and stay few."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from limelight.http.windows import MAX_CALLERS, WINDOW_SECONDS, Windows
from limelight.limits.models import Standing


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def windows(clock: Clock) -> Windows:
    return Windows(clock)


def told(standing: Standing) -> tuple[bool, int, int]:
    (window,) = standing.windows
    return standing.admitted, window.remaining, window.reset_seconds


def test_as_many_are_let_through_as_may_be(windows: Windows, clock: Clock) -> None:
    standings = []
    for _ in range(4):
        standings.append(told(windows.take("ann", 3)))
        clock.seconds += 1

    assert standings == [(True, 2, 60), (True, 1, 59), (True, 0, 58), (False, 0, 57)]


def test_the_window_slides_to_the_second(windows: Windows, clock: Clock) -> None:
    for _ in range(3):
        windows.take("ann", 3)
        clock.seconds += 10

    clock.seconds = 1_000 + WINDOW_SECONDS - 0.001
    assert told(windows.take("ann", 3)) == (False, 0, 1)
    clock.seconds = 1_000 + WINDOW_SECONDS
    assert told(windows.take("ann", 3)) == (True, 0, 10)
    assert told(windows.take("ann", 3)) == (False, 0, 10)


def test_a_refusal_is_not_counted(windows: Windows, clock: Clock) -> None:
    windows.take("ann", 1)
    for _ in range(59):
        clock.seconds += 1
        assert not windows.take("ann", 1).admitted

    clock.seconds += 1

    assert windows.take("ann", 1).admitted


def test_a_lower_limit_counts_what_was_let_through_before(windows: Windows, clock: Clock) -> None:
    for _ in range(5):
        windows.take("ann", 5)
        clock.seconds += 1

    assert told(windows.take("ann", 2)) == (False, 0, 58)  # when the second newest leaves


def test_nobody_uses_up_what_is_anothers(windows: Windows) -> None:
    windows.take("ann", 1)

    assert windows.take("ben", 1).admitted


def test_the_caller_of_longest_ago_makes_room_for_a_new_one(windows: Windows) -> None:
    for number in range(MAX_CALLERS):
        windows.take(number, 1)
    windows.take(0, 1)

    windows.take("newcomer", 1)

    assert windows.take(1, 1).admitted  # forgotten
    assert not windows.take(0, 1).admitted
    assert not windows.take("newcomer", 1).admitted


def test_nothing_is_known_after_a_snapshot(windows: Windows) -> None:
    windows.take("ann", 1)
    windows.clear()

    assert windows.take("ann", 1).admitted


def test_a_clock_that_is_set_back_lets_nobody_through_twice(windows: Windows, clock: Clock) -> None:
    windows.take("ann", 1)
    clock.seconds -= 3_600

    assert not windows.take("ann", 1).admitted


def test_of_many_at_once_exactly_as_many_are_let_through(windows: Windows) -> None:
    with ThreadPoolExecutor(8) as threads:
        standings = list(threads.map(lambda _: windows.take("ann", 100), range(400)))

    assert sum(one.admitted for one in standings) == 100
