"""Tells whoever listens how each query went. The kernel listens; the doors do not know it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(slots=True)
class QueryRun:
    """One query as it ran: its name, how long it took and how many rows came back."""

    name: str
    milliseconds: float = 0.0
    rows: int = 0


type Listener = Callable[[QueryRun], None]

_listener: ContextVar[Listener | None] = ContextVar("query_listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Has every query of this context reported to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def observed(name: str) -> Iterator[QueryRun]:
    """Times the query `name`; the caller sets `rows` before the block ends."""
    run = QueryRun(name)
    started = time.perf_counter()
    try:
        yield run
    finally:
        run.milliseconds = (time.perf_counter() - started) * 1000
        if listener := _listener.get():
            listener(run)
