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

_SECONDS: Final[LiteralString] = (
    "floor(extract(epoch from coalesce(s.ended_at, private.now()) - s.started_at))"
)
"""How long a stream has run."""

_GIVEN: Final[LiteralString] = """
      cross join lateral (
        select
          coalesce(f.coins, sum(x.coins), 0)::bigint as coins,
          coalesce(f.gifts, sum(x.gifts), 0)::bigint as gifts
        from public.stream_supporters x
        where f.coins is null
          and x.stream_id = s.id
      ) g"""
"""What was given during a stream: added up as long as it can grow, kept when it cannot."""

_DETAIL: Final[LiteralString] = f"""
    select{_STREAM},
      g.coins as total_coins,
      floor(extract(epoch from s.ended_at - s.started_at))::integer as duration_seconds,
      s.created_at
    from public.streams s
    join public.stream_stats f on f.stream_id = s.id
    join public.profiles p on p.user_id = s.creator_id{_GIVEN}"""

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
    f"""{_DETAIL}
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and s.id = %(stream_id)s
    """,
    repeatable=True,
)

ACTIVE: Final = Query(
    "streams.active",
    f"""{_DETAIL}
    where s.creator_id = %(creator_id)s
      and s.status = 'live'
    """,
    repeatable=True,
)

MINE: Final = Query(
    "streams.mine",
    f"""{_DETAIL}
    where s.creator_id = %(creator_id)s
      and (%(status)s::text is null or s.status = %(status)s)
      and (
        %(created_at)s::timestamptz is null
        or (s.created_at, s.id) < (%(created_at)s::timestamptz, %(id)s::uuid)
      )
    order by s.created_at desc, s.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

STATS: Final = Query(
    "streams.stats",
    f"""
    select
      jsonb_build_object(
        'streams', o.streams + coalesce(t.streams, 0),
        'totalDurationSeconds', o.seconds + coalesce(t.seconds, 0),
        'totalViews', o.views + coalesce(t.views, 0),
        'peakViewers', greatest(o.peak_viewers, t.peak_viewers, 0),
        'totalCoins', o.coins + coalesce(t.coins, 0),
        'totalGifts', o.gifts + coalesce(t.gifts, 0)
      ) as totals,
      l.averages as last_streams
    from (values (%(creator_id)s::uuid)) c (id)
    left join public.creator_stream_totals t on t.creator_id = c.id
    cross join lateral (
      select
        count(*) as streams,
        coalesce(sum({_SECONDS}), 0) as seconds,
        coalesce(sum(f.total_views), 0) as views,
        max(f.peak_viewers) as peak_viewers,
        coalesce(sum(g.coins), 0) as coins,
        coalesce(sum(g.gifts), 0) as gifts
      from public.streams s
      join public.stream_stats f on f.stream_id = s.id{_GIVEN}
      where s.creator_id = c.id
        and s.status in ('live', 'ended')
        and not s.is_totalled
    ) o
    left join lateral (
      select
        jsonb_build_object(
          'streams', count(*),
          'averageDurationSeconds', round(avg({_SECONDS})),
          'averageViews', round(avg(f.total_views)),
          'averagePeakViewers', round(avg(f.peak_viewers)),
          'averageCoins', round(avg(g.coins)),
          'averageGifts', round(avg(g.gifts))
        ) as averages
      from (
        select id, started_at, ended_at
        from public.streams
        where creator_id = c.id
          and status = 'ended'
        order by ended_at desc
        limit %(window)s
      ) s
      join public.stream_stats f on f.stream_id = s.id{_GIVEN}
      having count(*) > 0
    ) l on true
    """,
    repeatable=True,
)

UPDATE: Final = Query(
    "streams.update",
    """
    select private.update_stream(%(stream_id)s, %(caller_id)s, %(changes)s::jsonb)
    """,
    repeatable=True,
)

START: Final = Query(
    "streams.start",
    """
    select private.start_stream(%(stream_id)s, %(caller_id)s)
    """,
    repeatable=True,
)

VIEWERS: Final = Query(
    "streams.viewers",
    """
    select
      p.user_id as id,
      p.username,
      p.display_name,
      p.avatar_url,
      v.joined_at
    from public.stream_viewers v
    join public.profiles p on p.user_id = v.user_id
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and exists (
        select
        from public.streams s
        where s.id = %(stream_id)s
          and s.status = 'live'
      )
      and v.stream_id = %(stream_id)s
      and v.left_at is null
      -- `is true` keeps the planner from the index by seen_at, all of which it would have to sort.
      and (v.seen_at > (select private.watching_since())) is true
      and (
        %(joined_at)s::timestamptz is null
        or (v.joined_at, v.user_id) < (%(joined_at)s::timestamptz, %(user_id)s::uuid)
      )
    order by v.joined_at desc, v.user_id desc
    limit %(limit)s
    """,
    repeatable=True,
)

HEALTH: Final = Query(
    "streams.health",
    """
    select
      s.status,
      floor(extract(epoch from private.now() - s.host_seen_at))::integer as seconds,
      extract(epoch from private.host_grace(s.privacy))::integer as grace
    from public.streams s
    join public.users u on u.id = s.creator_id
    where s.id = %(stream_id)s
      and u.status = 'active'
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

TOTAL: Final = Query(
    "streams.total",
    """
    select private.total_streams(%(batch)s)
    """,
    repeatable=True,
)
