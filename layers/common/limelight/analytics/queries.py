"""All SQL of a creator's analytics. The migration `analytics` tells how the rollups are kept."""

from typing import Final

from limelight.data.system import Query

REPORT: Final = Query(
    "analytics.report",
    """
    with clock as (
      select
        t.today,
        coalesce(t.today - %(days)s::integer + 1, '-infinity') as first,
        coalesce(t.today - 2 * %(days)s::integer + 1, '-infinity') as before
      from (select private.utc_day(private.now()) as today) t
    ), live as materialized (
      select e.day, e.source, e.coins, e.gifter_id, e.gift_id, e.gifts
      from private.earnings e
      where e.wallet_id = (select w.id from public.wallets w where w.user_id = %(creator_id)s)
        and e.id > (select p.folded_id from public.analytics_progress p)
    ), earned as materialized (
      select d.day, d.source, d.coins
      from public.creator_daily_earnings d
      where d.creator_id = %(creator_id)s
        and d.day >= (select before from clock)
      union all
      select l.day, l.source, l.coins
      from live l
      where l.day >= (select before from clock)
    ), sources as (
      select
        e.source,
        coalesce(sum(e.coins) filter (where e.day >= c.first), 0)::bigint as value,
        coalesce(sum(e.coins) filter (where e.day < c.first), 0)::bigint as previous
      from earned e
      cross join clock c
      group by e.source
    ), done as materialized (
      select
        d.day, d.streams, d.stream_seconds, d.views, d.peak_viewers, d.calls, d.call_minutes,
        d.shows, d.show_tickets, d.limited_tickets, d.limited_seats, d.followers
      from public.creator_daily_activity d
      where d.creator_id = %(creator_id)s
        and d.day >= (select before from clock)
      union all
      select
        a.day, a.streams, a.stream_seconds, a.views, a.peak_viewers, a.calls, a.call_minutes,
        a.shows, a.show_tickets, a.limited_tickets, a.limited_seats, a.followers
      from public.creator_activity a
      where a.creator_id = %(creator_id)s
        and a.day >= (select before from clock)
      union all
      select
        (s.started_at at time zone 'UTC')::date, 1,
        greatest(floor(extract(epoch from private.now() - s.started_at)), 0)::bigint,
        x.total_views, x.peak_viewers, 0, 0, 0, 0, 0, 0, 0
      from public.streams s
      join public.stream_stats x on x.stream_id = s.id
      where s.creator_id = %(creator_id)s
        and s.status = 'live'
        and (s.started_at at time zone 'UTC')::date >= (select before from clock)
    ), activity as (
      select
        coalesce(sum(d.streams), 0)::bigint as streams,
        coalesce(sum(d.stream_seconds), 0)::bigint as stream_seconds,
        coalesce(sum(d.views), 0)::bigint as views,
        coalesce(max(d.peak_viewers), 0) as peak_viewers,
        coalesce(sum(d.calls), 0)::bigint as calls,
        coalesce(sum(d.call_minutes), 0)::bigint as call_minutes,
        coalesce(sum(d.shows), 0)::bigint as shows,
        coalesce(sum(d.show_tickets), 0)::bigint as show_tickets,
        coalesce(sum(d.limited_tickets), 0)::bigint as limited_tickets,
        coalesce(sum(d.limited_seats), 0)::bigint as limited_seats,
        coalesce(sum(d.followers), 0)::bigint as followers
      from done d
      where d.day >= (select first from clock)
    ), activity_before as (
      select
        coalesce(sum(d.views), 0)::bigint as views,
        coalesce(sum(d.followers), 0)::bigint as followers
      from done d
      where d.day < (select first from clock)
    ), gifts as (
      select x.gift_id, sum(x.coins)::bigint as coins, sum(x.gifts)::bigint as gifts
      from (
        select d.gift_id, d.coins, d.gifts
        from public.creator_daily_gifts d
        where d.creator_id = %(creator_id)s
          and d.day >= (select first from clock)
        union all
        select l.gift_id, l.coins, l.gifts
        from live l
        where l.gift_id is not null
          and l.day >= (select first from clock)
      ) x
      group by x.gift_id
    ), moved as materialized (
      -- What is not in the gifters' totals yet: gifts since, and days that have left the period.
      select x.user_id, sum(x.coins) as coins, sum(x.gifts) as gifts
      from (
        select l.gifter_id as user_id, l.coins, l.gifts
        from live l
        where l.gift_id is not null
          and l.day >= (select first from clock)
        union all
        select n.user_id, -n.coins, -n.gifts
        from public.creator_windows w
        cross join clock c
        cross join lateral (
          select g.user_id, g.coins, g.gifts
          from public.creator_daily_gifters g
          where g.creator_id = w.creator_id
            and g.day > w.as_of - %(days)s::integer
            and g.day <= c.today - %(days)s::integer
        ) n
        where w.creator_id = %(creator_id)s
      ) x
      group by x.user_id
    ), gifters as (
      (
        select g.user_id, g.coins, g.gifts
        from public.creator_gifters g
        where g.creator_id = %(creator_id)s
          and g.period = coalesce(%(days)s::integer, 0)
          and g.coins > 0
          and g.user_id not in (select m.user_id from moved m)
        order by g.coins desc, g.user_id
        limit %(top_gifters)s
      )
      union all
      select m.user_id, coalesce(g.coins, 0) + m.coins, coalesce(g.gifts, 0) + m.gifts
      from moved m
      left join public.creator_gifters g
        on g.creator_id = %(creator_id)s
        and g.period = coalesce(%(days)s::integer, 0)
        and g.user_id = m.user_id
    ), top_gifters as (
      select
        p.user_id as id, p.username, p.display_name, p.avatar_url,
        t.coins::bigint as coins, t.gifts::bigint as gifts
      from (
        select g.user_id, g.coins, g.gifts
        from gifters g
        where g.coins > 0
        order by g.coins desc, g.user_id
        limit %(top_gifters)s
      ) t
      join public.profiles p on p.user_id = t.user_id
    ), events as (
      select
        e.id, k.kind, e.amount as coins, e.created_at,
        -- Who brought the coins; a show's come from all who had a ticket, when its creator ends it.
        case when k.kind <> 'show' then t.actor_id end as user_id
      from (
        values
          ('gift', 'gift'), ('stream_tip', 'tip'), ('stream_ticket', 'ticket'),
          ('call_earnings', 'call'), ('show_earnings', 'show'),
          ('message_unlock', 'message_unlock'), ('dm_tip', 'message_tip')
      ) as k (type, kind)
      cross join lateral (
        select x.id, x.transfer_id, x.amount, x.created_at
        from public.entries x
        where x.wallet_id = (select w.id from public.wallets w where w.user_id = %(creator_id)s)
          and x.type = k.type
          and x.amount > 0
        order by x.id desc
        limit %(recent)s
      ) e
      join public.transfers t on t.id = e.transfer_id and t.reverses is null
      union all
      (
        select 0, 'follow', null, f.created_at, f.follower_id
        from public.follows f
        where f.followee_id = %(creator_id)s
        order by f.created_at desc, f.follower_id
        limit %(recent)s
      )
    ), recent as (
      select
        v.kind as type, v.coins, v.created_at, v.id as position,
        case when p.user_id is not null then jsonb_build_object(
          'id', p.user_id,
          'username', p.username,
          'display_name', p.display_name,
          'avatar_url', p.avatar_url
        ) end as "user"
      from (
        select *
        from events
        order by created_at desc, id desc
        limit %(recent)s
      ) v
      left join public.profiles p on p.user_id = v.user_id
    ), daily as (
      select n.day::date as day, coalesce(s.coins, '{}') as coins
      from clock c
      cross join lateral generate_series(
        coalesce(
          c.today - %(days)s::integer + 1,
          greatest(
            least(c.today, (select min(e.day) from earned e)),
            c.today - %(longest)s::integer + 1
          )
        )::timestamp,
        c.today::timestamp,
        '1 day'
      ) as n (day)
      left join (
        select x.day, jsonb_object_agg(x.source, x.coins) as coins
        from (
          select e.day, e.source, sum(e.coins)::bigint as coins
          from earned e
          group by e.day, e.source
        ) x
        group by x.day
      ) s on s.day = n.day::date
    )
    select
      (select coalesce(jsonb_object_agg(s.source, s.value), '{}') from sources s) as earnings,
      (select coalesce(jsonb_object_agg(s.source, s.previous), '{}') from sources s)
        as earnings_before,
      (select to_jsonb(a) from activity a) as activity,
      (select to_jsonb(b) from activity_before b) as activity_before,
      (select coalesce(sum(g.gifts), 0)::bigint from gifts g) as gifts,
      (
        select coalesce(jsonb_agg(t order by t.coins desc, t.id), '[]')
        from (
          select g.gift_id as id, v.name, g.gifts as count, g.coins
          from gifts g
          join public.virtual_gifts v on v.id = g.gift_id
          where g.gifts > 0
          order by g.coins desc, g.gift_id
          limit %(top_gifts)s
        ) t
      ) as top_gifts,
      (select coalesce(jsonb_agg(t order by t.coins desc, t.id), '[]') from top_gifters t)
        as top_gifters,
      (
        select coalesce(jsonb_agg(r order by r.created_at desc, r.position desc), '[]')
        from recent r
      ) as recent_activity,
      (select jsonb_agg(d order by d.day) from daily d) as daily
    """,
    repeatable=True,
)
"""One statement, so that rollups and what came since are of one moment.

Every part of it is a range of an index: days of this creator, entries after the watermark, the top
of an ordered list.
"""

MARK: Final = Query(
    "analytics.mark",
    """
    select private.mark_earnings() as done
    """,
    repeatable=True,
)

FOLD_EARNINGS: Final = Query(
    "analytics.fold_earnings",
    """
    select private.fold_earnings(%(batch)s) as done
    """,
    repeatable=True,
)

FOLD_ACTIVITY: Final = Query(
    "analytics.fold_activity",
    """
    select private.fold_activity(%(batch)s) as done
    """,
    repeatable=True,
)

ROLL_WINDOWS: Final = Query(
    "analytics.roll_windows",
    """
    select private.roll_windows(%(batch)s) as done
    """,
    repeatable=True,
)
