"""Runs what blocks: on a thread where other requests wait for the loop, else at once.

A sandbox of Lambda has one request at a time. To hand its work to a thread and wait for that costs
more than most of the kernel does, and nobody gains by it.
"""

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any

from starlette.concurrency import run_in_threadpool

_alone: ContextVar[bool] = ContextVar("request_is_alone", default=False)


@contextmanager
def alone() -> Iterator[None]:
    """Within, the request is the only one of its loop."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def blocking[**Params, Result](
    function: Callable[Params, Result],
) -> Callable[Params, Coroutine[Any, Any, Result]]:
    """`function`, to be awaited."""

    @wraps(function)
    async def run(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        if _alone.get():
            return function(*args, **kwargs)
        return await run_in_threadpool(function, *args, **kwargs)

    return run
