"""Suspensions: who was shut out of the platform leaves nothing open on it."""

from typing import Final

from limelight.data import system
from limelight.data.errors import DataError
from limelight.money import ledger
from limelight.schema import UserId
from limelight.suspensions import queries

SWEEP_BATCH: Final = 500
"""Accounts that one run sees to at most."""
STEP: Final = 100
"""Calls that one transaction closes at most."""


def enforce() -> int:
    """Ends the streams and calls, and cancels the shows, of accounts that were shut out.

    Answers how many. Each account is seen to by itself: one that fails keeps no other waiting. What
    failed is raised when all are done, so that the run counts as failed.
    """
    closed = 0
    failures: list[DataError] = []
    for row in system.fetch_all(queries.DUE, {"batch": SWEEP_BATCH}):
        try:
            closed += _close_all_of(UserId(row["user_id"]))
        except DataError as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some accounts could not be seen to", failures)
    return closed


def _close_all_of(user_id: UserId) -> int:
    """Step by step, each a transaction: the last one finds nothing."""
    closed = 0
    while step := ledger.enforce_suspension(user_id, STEP):
        closed += step
    return closed
