"""The functions that count (migration `rate_limits`)."""

from typing import Final

from limelight.data.system import Query

# Asked again when the answer was lost: at worst the request counts twice.
TAKE: Final = Query(
    "limits.take",
    """
    select admitted, window_seconds, max_requests, remaining, reset_seconds
    from private.take_rate(%(rule)s, %(subject)s)
    """,
    repeatable=True,
)

PURGE: Final = Query(
    "limits.purge",
    """
    select private.purge_rate_usage(%(batch)s) as done
    """,
    repeatable=True,
)
