"""All SQL of the streams. Who may see what is decided by `private.stream_access`."""

from typing import Final, LiteralString

from limelight.data.shapes import MINI_USER
from limelight.data.system import Query

_STREAM: Final[LiteralString] = f"""
      s.id,{MINI_USER} as creator,
      s.title,
      s.description,
      s.category,
      s.tags,
      s.privacy,
      s.ticket_price,
      s.thumbnail_url,
      s.status,
      s.scheduled_for,
      s.started_at,
      s.ended_at,
      f.current_viewers,
      f.peak_viewers,
      f.total_views"""

CREATE: Final = Query(
    "streams.create",
    """
    select private.create_stream(
      %(creator_id)s,
      %(title)s,
      %(description)s,
      %(category)s,
      %(tags)s::text[],
      %(privacy)s,
      %(thumbnail_url)s,
      %(scheduled_for)s,
      %(ticket_price)s::bigint
    ) as id
    """,
)

LIVE: Final = Query(
    "streams.live",
    f"""
    select{_STREAM}
    from public.stream_stats f
    join public.streams s on s.id = f.stream_id
    join public.users u on u.id = s.creator_id
    join public.profiles p on p.user_id = s.creator_id
    where f.is_live
      and u.status = 'active'
      and (
        %(viewers)s::integer is null
        or (f.current_viewers, f.stream_id) < (%(viewers)s::integer, %(stream_id)s::uuid)
      )
    order by f.current_viewers desc, f.stream_id desc
    limit %(limit)s
    """,
    repeatable=True,
)

GET: Final = Query(
    "streams.get",
    f"""
    select{_STREAM},
      t.coins as total_coins,
      floor(extract(epoch from s.ended_at - s.started_at))::integer as duration_seconds
    from public.streams s
    join public.stream_stats f on f.stream_id = s.id
    join public.profiles p on p.user_id = s.creator_id
    cross join lateral (
      select coalesce(sum(x.coins), 0)::bigint as coins
      from public.stream_supporters x
      where x.stream_id = s.id
    ) t
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and s.id = %(stream_id)s
    """,
    repeatable=True,
)

JOIN: Final = Query(
    "streams.join",
    """
    select stream_id, current_viewers, peak_viewers
    from private.join_stream(%(stream_id)s, %(viewer_id)s)
    """,
    repeatable=True,
)

LEAVE: Final = Query(
    "streams.leave",
    """
    select stream_id, current_viewers, peak_viewers
    from private.leave_stream(%(stream_id)s, %(viewer_id)s)
    """,
    repeatable=True,
)

SEE_VIEWER: Final = Query(
    "streams.see_viewer",
    """
    select stream_id, current_viewers, peak_viewers
    from private.see_viewer(%(stream_id)s, %(viewer_id)s)
    """,
    repeatable=True,
)

SEE_HOST: Final = Query(
    "streams.see_host",
    """
    select
      %(stream_id)s::uuid as stream_id,
      private.see_host(%(stream_id)s, %(caller_id)s) as last_heartbeat_at
    """,
    repeatable=True,
)

END: Final = Query(
    "streams.end",
    """
    select private.end_stream(%(stream_id)s, %(caller_id)s)
    """,
    repeatable=True,
)

SWEEP: Final = Query(
    "streams.sweep",
    """
    select ended
    from private.sweep_streams(%(batch)s)
    """,
    repeatable=True,
)
