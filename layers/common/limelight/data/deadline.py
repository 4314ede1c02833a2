"""When this invocation must have answered: Lambda's own limit, less what answering takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

ANSWER_SECONDS: Final = 0.5
"""Kept back to write the answer and the log line."""
WITHOUT_LAMBDA_SECONDS: Final = 15.0

_ends: ContextVar[float | None] = ContextVar("invocation_ends", default=None)


@contextmanager
def invocation(context: Any) -> Iterator[None]:
    """Everything inside has until the invocation's deadline; `context` is Lambda's, or None."""
    seconds = (
        WITHOUT_LAMBDA_SECONDS
        if context is None
        else context.get_remaining_time_in_millis() / 1000 - ANSWER_SECONDS
    )
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def remaining() -> float:
    """Seconds until the deadline of this invocation, at least 0."""
    ends = _ends.get()
    return WITHOUT_LAMBDA_SECONDS if ends is None else max(ends - time.monotonic(), 0.0)
