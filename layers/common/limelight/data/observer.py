"""Tells whoever listens how each query went. The kernel listens; the doors do not know it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class QueryRun(Protocol):
    """One query as it ran. `plan` is the fingerprint of a slow query's plan, where there is one."""

    name: str
    milliseconds: float
    rows: int
    plan: str | None


class RestRun:
    """A query over REST: the server's plan is out of sight."""

    plan: str | None = None

    def __init__(self, name: str) -> None:
        self.name = name
        self.milliseconds = 0.0
        self.rows = 0


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


def report(run: QueryRun) -> None:
    """Tells the listener of this context, if there is one, of a query that ran."""
    if listener := _listener.get():
        listener(run)


@contextmanager
def observed(name: str) -> Iterator[RestRun]:
    """Times the REST query `name` and reports it; the caller sets `rows` before the block ends."""
    run = RestRun(name)
    started = time.perf_counter()
    try:
        yield run
    finally:
        run.milliseconds = (time.perf_counter() - started) * 1000
        report(run)
