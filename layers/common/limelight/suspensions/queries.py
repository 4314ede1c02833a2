"""All SQL of the suspensions, but for the coins, which the ledger moves (migration `shut_out`)."""

from typing import Final

from limelight.data.system import Query

DUE: Final = Query(
    "suspensions.due",
    """
    select user_id
    from private.due_suspensions(%(batch)s)
    """,
    repeatable=True,
)
