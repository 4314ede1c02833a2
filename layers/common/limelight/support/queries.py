"""All SQL of the support of streams, but for the coins, which the ledger moves.

Who may see a stream is decided by `private.stream_access`.
"""

from typing import Final, LiteralString

from limelight.data.shapes import MINI_USER
from limelight.data.system import Query

LEADERBOARD: Final = Query(
    "support.leaderboard",
    f"""
    select{MINI_USER} as user,
      x.user_id,
      x.coins,
      x.gifts
    from public.stream_supporters x
    join public.profiles p on p.user_id = x.user_id
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and x.stream_id = %(stream_id)s
      and (
        %(coins)s::bigint is null
        or (x.coins, x.user_id) < (%(coins)s::bigint, %(user_id)s::uuid)
      )
    order by x.coins desc, x.user_id desc
    limit %(limit)s
    """,
    repeatable=True,
)

CATALOGUE: Final = Query(
    "support.catalogue",
    """
    select g.id, g.name, g.price, g.rarity, g.animation
    from public.virtual_gifts g
    where g.is_active
      and (
        %(price)s::bigint is null
        or (g.price, g.id) > (%(price)s::bigint, %(gift_id)s::uuid)
      )
    order by g.price, g.id
    limit %(limit)s
    """,
    repeatable=True,
)

TICKET: Final = Query(
    "support.ticket",
    """
    select
      exists (
        select
        from public.stream_tickets t
        where t.stream_id = s.id
          and t.user_id = %(user_id)s
      ) as has_ticket,
      s.ticket_price
    from public.streams s
    where s.id = %(stream_id)s
      and private.stream_access(%(stream_id)s::uuid, %(user_id)s::uuid) <> 'not_found'
    """,
    repeatable=True,
)

_GOAL: Final[LiteralString] = """
      g.id,
      g.stream_id,
      g.title,
      g.target_amount,
      g.reward_text,
      g.created_at,
      g.completed_at"""

GOALS: Final = Query(
    "support.goals",
    f"""
    select{_GOAL},
      n.progress,
      n.status
    from public.stream_goals g
    cross join lateral private.goal_standing(g) n
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and g.stream_id = %(stream_id)s
      and (
        %(created_at)s::timestamptz is null
        or (g.created_at, g.id) < (%(created_at)s::timestamptz, %(id)s::uuid)
      )
    order by g.created_at desc, g.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

CREATE_GOAL: Final = Query(
    "support.create_goal",
    f"""
    select{_GOAL},
      g.progress,
      g.status
    from private.create_goal(
      %(stream_id)s,
      %(caller_id)s,
      %(title)s,
      %(target_amount)s::bigint,
      %(reward_text)s
    ) g
    """,
)

CHANGE_GOAL: Final = Query(
    "support.change_goal",
    f"""
    select{_GOAL},
      g.progress,
      g.status
    from private.change_goal(%(stream_id)s, %(goal_id)s, %(caller_id)s, %(changes)s::jsonb) g
    """,
    repeatable=True,
)

DELETE_GOAL: Final = Query(
    "support.delete_goal",
    f"""
    select{_GOAL},
      g.progress,
      g.status
    from private.delete_goal(%(stream_id)s, %(goal_id)s, %(caller_id)s) g
    """,
)

SETTLE_GOALS: Final = Query(
    "support.settle_goals",
    """
    select private.settle_due_goals(%(batch)s) as settled
    """,
    repeatable=True,
)
