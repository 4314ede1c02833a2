"""The limits of `sql` and `money` endpoints, counted through the pool."""

from typing import Final

from limelight.data import system
from limelight.limits import queries
from limelight.limits.models import Limit, Standing

PURGE_BATCH: Final = 10_000
"""Subjects that one statement forgets at most."""


def take(limit: Limit, subject: str) -> Standing:
    """Counts a request of `subject`, unless it is one too many; that one is not counted."""
    return Standing.of(system.fetch_all(queries.TAKE, {"rule": limit, "subject": subject}))


def purge() -> int:
    """Forgets whoever has not been counted for longer than any window; answers how many."""
    purged = 0
    while batch := _purge_batch():
        purged += batch
    return purged


def _purge_batch() -> int:
    row = system.fetch_one(queries.PURGE, {"batch": PURGE_BATCH})
    return int(row["done"]) if row else 0
