"""Two kinds of time: until a deadline, and since something was last used, freezes included."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

_deadline: ContextVar[float | None] = ContextVar("lambda_pool_deadline", default=None)

# Linux stops CLOCK_MONOTONIC while a machine is suspended; CLOCK_BOOTTIME goes on.
_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", None) or time.CLOCK_MONOTONIC


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything the pool does inside ends within `seconds`; an outer, earlier deadline stays."""
    ends = time.monotonic() + seconds
    outer = _deadline.get()
    token = _deadline.set(ends if outer is None else min(ends, outer))
    try:
        yield
    finally:
        _deadline.reset(token)


def remaining(default: float) -> float:
    """Seconds until the deadline, at least 0; `default` when none is set."""
    ends = _deadline.get()
    return default if ends is None else max(ends - time.monotonic(), 0.0)


class Moment(NamedTuple):
    """A moment on the clock since boot and on the wall clock."""

    boot: float
    wall: float


def now() -> Moment:
    """This moment."""
    return Moment(time.clock_gettime(_BOOT_CLOCK), time.time())


def since(moment: Moment) -> float:
    """Seconds since `moment`, by whichever clock saw more.

    A frozen process is seen by both. A restored snapshot may bring its clock since boot back from
    the past; the wall clock tells. A wall clock set forward costs no more than a new connection.
    """
    present = now()
    return max(present.boot - moment.boot, present.wall - moment.wall)
