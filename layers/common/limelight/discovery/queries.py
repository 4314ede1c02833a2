"""All SQL of discovery. Reading never writes; ranks are kept by the migration `discovery`."""

from typing import Final, LiteralString

from limelight.data.system import Query

_CARD: Final[LiteralString] = """
      p.user_id as id,
      p.username,
      p.display_name,
      p.avatar_url,
      p.bio,
      p.is_creator_verified,
      p.follower_count"""

_LIVE_STREAM: Final[LiteralString] = """
      (
        select jsonb_build_object(
          'id', s.id,
          'title', s.title,
          'privacy', s.privacy,
          'currentViewers', f.current_viewers,
          'startedAt', s.started_at
        )
        from public.streams s
        join public.stream_stats f on f.stream_id = s.id
        where s.creator_id = p.user_id
          and s.status = 'live'
      ) as live_stream"""

_NOT_BLOCKED: Final[LiteralString] = """
      not exists (
        select
        from public.blocked_users b
        where (b.blocker_id = p.user_id and b.blocked_id = %(viewer_id)s::uuid)
           or (b.blocker_id = %(viewer_id)s::uuid and b.blocked_id = p.user_id)
      )"""

EXPLORE: Final = Query(
    "discovery.explore",
    f"""
    select{_CARD},
      r.score,
      r.category,
      r.is_live,
      r.is_online,
      r.is_new,{_LIVE_STREAM}
    from public.creator_ranks r
    join public.profiles p on p.user_id = r.user_id
    where (%(category)s::text is null or r.category = %(category)s)
      and (%(filter)s::text is distinct from 'live' or r.is_live)
      and (%(filter)s::text is distinct from 'online' or r.is_online)
      and (%(filter)s::text is distinct from 'new' or r.is_new)
      and (%(search)s::text is null or r.search like private.containing(%(search)s))
      and{_NOT_BLOCKED}
      and (
        %(score)s::integer is null
        or (r.score, r.user_id) < (%(score)s::integer, %(user_id)s::uuid)
      )
    order by r.score desc, r.user_id desc
    limit %(limit)s
    """,
    repeatable=True,
)

PROFILE: Final = Query(
    "discovery.profile",
    f"""
    select{_CARD},
      p.banner_url,
      p.location,
      p.website,
      p.twitter_handle,
      p.instagram_handle,
      u.role,
      p.following_count,
      p.created_at,
      exists (
        select
        from public.follows f
        where f.follower_id = %(viewer_id)s::uuid
          and f.followee_id = p.user_id
      ) as is_following,
      exists (
        select
        from public.blocked_users b
        where b.blocker_id = %(viewer_id)s::uuid
          and b.blocked_id = p.user_id
      ) as is_blocked,
      case
        when u.role = 'creator' then jsonb_build_object(
          'callRatePerMinute', c.call_rate_per_minute,
          'minimumCallDuration', c.minimum_call_duration,
          'isAvailableForCalls', c.is_available_for_calls
        )
      end as call_settings,{_LIVE_STREAM},
      (
        select jsonb_build_object(
          'id', w.id,
          'title', w.title,
          'showType', w.show_type,
          'ticketPrice', w.ticket_price,
          'scheduledStart', w.scheduled_start
        )
        from public.shows w
        where w.creator_id = p.user_id
          and w.status in ('live', 'scheduled')
          and not w.is_private
        order by w.status, w.scheduled_start, w.id
        limit 1
      ) as next_show
    from public.profiles p
    join public.users u on u.id = p.user_id
    left join public.creator_settings c on c.user_id = p.user_id
    where p.user_id = private.profile_of(%(username)s, %(viewer_id)s::uuid)
    """,
    repeatable=True,
)

FOLLOWERS: Final = Query(
    "discovery.followers",
    f"""
    select{_CARD},
      e.created_at as followed_at
    from public.follows e
    join public.profiles p on p.user_id = e.follower_id
    join public.users u on u.id = p.user_id
    where e.followee_id = private.require_profile(%(username)s, %(viewer_id)s::uuid)
      and u.status = 'active'
      and{_NOT_BLOCKED}
      and (
        %(followed_at)s::timestamptz is null
        or (e.created_at, e.follower_id) < (%(followed_at)s::timestamptz, %(id)s::uuid)
      )
    order by e.created_at desc, e.follower_id desc
    limit %(limit)s
    """,
    repeatable=True,
)

FOLLOWING: Final = Query(
    "discovery.following",
    f"""
    select{_CARD},
      e.created_at as followed_at
    from public.follows e
    join public.profiles p on p.user_id = e.followee_id
    join public.users u on u.id = p.user_id
    where e.follower_id = private.require_profile(%(username)s, %(viewer_id)s::uuid)
      and u.status = 'active'
      and{_NOT_BLOCKED}
      and (
        %(followed_at)s::timestamptz is null
        or (e.created_at, e.followee_id) < (%(followed_at)s::timestamptz, %(id)s::uuid)
      )
    order by e.created_at desc, e.followee_id desc
    limit %(limit)s
    """,
    repeatable=True,
)

REFRESH_RANKS: Final = Query(
    "discovery.refresh_ranks",
    """
    select private.refresh_ranks() as done
    """,
    repeatable=True,
)
