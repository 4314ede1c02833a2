"""What was kept is known for its lifetime, by the wall clock, and there is an end to how much."""

import time

import pytest

from limelight.http.recent import Recent

LIFETIME = 30.0


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recent(clock: Clock) -> Recent[str, int]:
    return Recent(3, clock)


def test_what_was_kept_is_known_until_its_lifetime_ends(
    clock: Clock, recent: Recent[str, int]
) -> None:
    recent.keep("one", 1)

    clock.seconds += LIFETIME - 1
    before = recent.get("one", LIFETIME)
    clock.seconds += 1
    after = recent.get("one", LIFETIME)

    assert (before, after) == (1, None)


def test_a_clock_that_was_set_back_makes_nothing_last_longer(
    clock: Clock, recent: Recent[str, int]
) -> None:
    recent.keep("one", 1)

    clock.seconds -= 3600

    assert recent.get("one", LIFETIME) is None


def test_the_clock_is_the_one_that_goes_on_while_a_sandbox_is_frozen() -> None:
    assert Recent(1)._clock is time.time


def test_what_was_used_longest_ago_makes_room(recent: Recent[str, int]) -> None:
    for number, name in enumerate(("one", "two", "three")):
        recent.keep(name, number)
    recent.get("one", LIFETIME)

    recent.keep("four", 3)

    assert [recent.get(name, LIFETIME) for name in ("one", "two", "three", "four")] == [
        0,
        None,
        2,
        3,
    ]


def test_what_was_cleared_is_forgotten(recent: Recent[str, int]) -> None:
    recent.keep("one", 1)

    recent.clear()

    assert recent.get("one", LIFETIME) is None
