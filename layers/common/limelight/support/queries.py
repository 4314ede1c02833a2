"""All SQL of the support of streams, but for the coins, which the ledger moves.

Who may see a stream is decided by `private.stream_access`.
"""

from typing import Final

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
