"""Tells whoever listens how each query went, and how long it had waited for a connection.

The kernel listens; the doors do not know it.
"""

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
type WaitListener = Callable[[float], None]

_listener: ContextVar[Listener | None] = ContextVar("query_listener", default=None)
_wait_listener: ContextVar[WaitListener | None] = ContextVar("wait_listener", default=None)


@contextmanager
def listening(listener: Listener, waits: WaitListener | None = None) -> Iterator[None]:
    """Has every query of this context reported to `listener`, and to `waits` the milliseconds that
    were spent waiting for connections."""
    token = _listener.set(listener)
    wait_token = _wait_listener.set(waits)
    try:
        yield
    finally:
        _wait_listener.reset(wait_token)
        _listener.reset(token)


def report(run: QueryRun) -> None:
    """Tells the listener of this context, if there is one, of a query that ran."""
    if listener := _listener.get():
        listener(run)


def report_wait(milliseconds: float) -> None:
    """Tells the listener of this context, if there is one, of a wait for a connection."""
    if listener := _wait_listener.get():
        listener(milliseconds)


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
