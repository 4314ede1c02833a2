"""All SQL of the outbox's publisher. Leases, rests and order: see the migration `realtime`."""

from typing import Final

from limelight.data.system import Query

TELL_VIEWER_COUNTS: Final = Query(
    "realtime.tell_viewer_counts",
    """
    select told
    from private.tell_viewer_counts(%(batch)s)
    """,
    repeatable=True,
)

# Not repeatable: a claim whose answer was lost keeps its topics until the lease ends.
CLAIM: Final = Query(
    "realtime.claim",
    """
    select
      claimed_topic as topic,
      claimed_lease as lease,
      events
    from private.claim_outbox(%(topics)s, %(events)s, make_interval(secs => %(seconds)s))
    """,
)

SETTLE: Final = Query(
    "realtime.settle",
    """
    select private.settle_outbox(%(lease)s, %(topics)s::text[], %(sent)s::bigint[]) as published
    """,
    repeatable=True,
)

REST: Final = Query(
    "realtime.rest",
    """
    select private.rest_outbox(
      %(topic)s,
      %(lease)s,
      %(sent)s::bigint[],
      make_interval(secs => %(at_least)s)
    ) as published
    """,
    repeatable=True,
)

REFUSE: Final = Query(
    "realtime.refuse",
    """
    select published, set_aside
    from private.refuse_outbox(%(topic)s, %(lease)s, %(sent)s::bigint[], %(refused)s)
    """,
    repeatable=True,
)

STATE: Final = Query(
    "realtime.state",
    """
    select lag_seconds, dead_letters
    from private.outbox_state()
    """,
    repeatable=True,
)

PURGE: Final = Query(
    "realtime.purge",
    """
    select private.purge_outbox(%(batch)s) as purged
    """,
    repeatable=True,
)
