"""All SQL of the calls, but for the coins, which the ledger moves.

What may become of a call is said by `private.call_transitions`; time is the server's.
"""

from typing import Final

from limelight.data.system import Query

GET: Final = Query(
    "calls.get",
    """
    select k.*
    from private.call_cards k
    where k.id = %(call_id)s
      and %(caller_id)s in (k.fan_id, k.creator_id)
    """,
    repeatable=True,
)

# The time left is asked for as a difference, which no index has: the sweep's index would look
# shorter to the planner than the creator's own queue.
PENDING: Final = Query(
    "calls.pending",
    """
    select
      k.*,
      ceil(extract(epoch from k.expires_at - private.now()))::integer as remaining_seconds
    from private.call_cards k
    where k.creator_id = %(creator_id)s
      and k.status = 'pending'
      and k.expires_at - private.now() > interval '0'
      and (
        %(requested_at)s::timestamptz is null
        or (k.requested_at, k.id) > (%(requested_at)s::timestamptz, %(id)s::uuid)
      )
    order by k.requested_at, k.id
    limit %(limit)s
    """,
    repeatable=True,
)

# Each side along an index of its own, then the newest of both.
HISTORY: Final = Query(
    "calls.history",
    """
    (
      select k.*
      from private.call_cards k
      where k.fan_id = %(user_id)s
        and (
          %(requested_at)s::timestamptz is null
          or (k.requested_at, k.id) < (%(requested_at)s::timestamptz, %(id)s::uuid)
        )
      order by k.requested_at desc, k.id desc
      limit %(limit)s
    )
    union all
    (
      select k.*
      from private.call_cards k
      where k.creator_id = %(user_id)s
        and (
          %(requested_at)s::timestamptz is null
          or (k.requested_at, k.id) < (%(requested_at)s::timestamptz, %(id)s::uuid)
        )
      order by k.requested_at desc, k.id desc
      limit %(limit)s
    )
    order by requested_at desc, id desc
    limit %(limit)s
    """,
    repeatable=True,
)

ACCEPT: Final = Query(
    "calls.accept",
    """
    select private.accept_call(%(call_id)s, %(caller_id)s) as call
    """,
    repeatable=True,
)

START: Final = Query(
    "calls.start",
    """
    select private.start_call(%(call_id)s, %(caller_id)s) as call
    """,
    repeatable=True,
)

OVERDUE: Final = Query(
    "calls.overdue",
    """
    select c.id
    from public.calls c
    where c.status in ('pending', 'accepted', 'active')
      and c.expires_at <= private.now()
    order by c.expires_at
    limit %(batch)s
    """,
    repeatable=True,
)

RUNNING_OUT: Final = Query(
    "calls.running_out",
    """
    select c.id
    from public.calls c
    where c.status = 'active'
      and c.covered_until < private.now() + interval '60 seconds'
      and c.covered_until < c.expires_at
      and c.expires_at > private.now()
    order by c.covered_until
    limit %(batch)s
    """,
    repeatable=True,
)
