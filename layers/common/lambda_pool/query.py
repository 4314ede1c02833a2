"""A statement, and what is seen of it when it runs."""

import time
from dataclasses import dataclass, field
from typing import LiteralString


@dataclass(frozen=True, slots=True)
class Query:
    """A statement and the name it goes by in logs, metrics and pg_stat_statements.

    `repeatable` says that it may be asked again when its answer was lost: it only reads, or it
    takes an idempotency key.
    """

    name: LiteralString
    sql: LiteralString
    repeatable: bool = False

    @property
    def tagged(self) -> LiteralString:
        """The statement with its name as a comment, so that the database's statistics show it."""
        return f"/* {self.name} */ {self.sql}"


@dataclass(slots=True)
class QueryRun:
    """One query as it ran. `plan` is the fingerprint of a slow query's plan, else None."""

    name: str
    milliseconds: float = 0.0
    rows: int = 0
    plan: str | None = None
    started: float = field(default_factory=time.perf_counter)

    def elapsed(self) -> float:
        """Seconds since it started."""
        return time.perf_counter() - self.started

    def stop(self) -> None:
        """Notes how long it took; the first call counts."""
        self.milliseconds = self.milliseconds or self.elapsed() * 1000
