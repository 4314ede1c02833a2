"""All SQL of the shows. Who may see one is decided by `private.show_access`."""

from typing import Final, LiteralString

from limelight.data.shapes import MINI_USER
from limelight.data.system import Query

_SHOW: Final[LiteralString] = f"""
      s.id,{MINI_USER} as creator,
      s.title,
      s.description,
      s.show_type,
      s.ticket_price,
      s.max_tickets,
      s.sold as tickets_sold,
      s.max_tickets - s.sold as tickets_remaining,
      s.scheduled_start,
      s.duration_minutes,
      s.cover_image_url,
      s.trailer_url,
      s.is_private,
      s.tags,
      s.status,
      s.started_at,
      s.ended_at,
      s.cancelled_at,
      s.cancel_reason,
      s.created_at"""

_TICKET: Final[LiteralString] = """
      t.id,
      t.show_id,
      t.number as ticket_number,
      t.price,
      t.status,
      t.checked_in_at,
      t.refunded_at,
      t.created_at as purchased_at"""

CREATE: Final = Query(
    "shows.create",
    """
    select private.create_show(
      %(creator_id)s,
      %(title)s,
      %(description)s,
      %(show_type)s,
      %(ticket_price)s::bigint,
      %(max_tickets)s::integer,
      %(scheduled_start)s,
      %(duration_minutes)s::integer,
      %(cover_image_url)s,
      %(trailer_url)s,
      %(is_private)s,
      %(tags)s::text[]
    ) as id
    """,
)

UPDATE: Final = Query(
    "shows.update",
    """
    select private.update_show(%(show_id)s, %(caller_id)s, %(changes)s::jsonb)
    """,
    repeatable=True,
)

START: Final = Query(
    "shows.start",
    """
    select private.start_show(%(show_id)s, %(caller_id)s)
    """,
    repeatable=True,
)

REMIND: Final = Query(
    "shows.remind",
    """
    select
      %(show_id)s::uuid as show_id,
      private.remind_of_show(%(show_id)s, %(caller_id)s) as scheduled_start
    """,
    repeatable=True,
)

# 'live' sorts before 'scheduled': along the index, live shows come first. The page is cut before
# anything is joined to it, and creators are asked for one by one: of a row comparison the planner
# judges the first column alone, takes the rest of the list for a row, and would join and sort it.
UPCOMING: Final = Query(
    "shows.upcoming",
    f"""
    select{_SHOW}
    from (
      select *
      from public.shows s
      where s.status in ('live', 'scheduled')
        and not s.is_private
        and private.is_listed(s.creator_id)
        and (%(creator_id)s::uuid is null or s.creator_id = %(creator_id)s)
        and (%(show_type)s::text is null or s.show_type = %(show_type)s)
        and (
          %(status)s::text is null
          or (s.status, s.scheduled_start, s.id)
            > (%(status)s::text, %(scheduled_start)s::timestamptz, %(id)s::uuid)
        )
      order by s.status, s.scheduled_start, s.id
      limit %(limit)s
    ) s
    join public.profiles p on p.user_id = s.creator_id
    order by s.status, s.scheduled_start, s.id
    """,
    repeatable=True,
)

OF_CREATOR: Final = Query(
    "shows.of_creator",
    f"""
    select{_SHOW}
    from public.shows s
    join public.profiles p on p.user_id = s.creator_id
    where s.creator_id = %(creator_id)s
      and (
        %(created_at)s::timestamptz is null
        or (s.created_at, s.id) < (%(created_at)s::timestamptz, %(id)s::uuid)
      )
    order by s.created_at desc, s.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

TICKETS_OF: Final = Query(
    "shows.tickets_of",
    f"""
    select{_TICKET},
      to_jsonb(s) as show
    from public.show_tickets t
    cross join lateral (
      select{_SHOW}
      from public.shows s
      join public.profiles p on p.user_id = s.creator_id
      where s.id = t.show_id
    ) s
    where t.user_id = %(user_id)s
      and (
        %(created_at)s::timestamptz is null
        or (t.created_at, t.id) < (%(created_at)s::timestamptz, %(id)s::uuid)
      )
    order by t.created_at desc, t.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

GET: Final = Query(
    "shows.get",
    f"""
    select{_SHOW},
      to_jsonb(t) as ticket,
      exists (
        select
        from public.show_reminders r
        where r.show_id = s.id
          and r.user_id = %(viewer_id)s
      ) as has_reminder
    from public.shows s
    join public.profiles p on p.user_id = s.creator_id
    left join lateral (
      select{_TICKET}
      from public.show_tickets t
      where t.show_id = s.id
        and t.user_id = %(viewer_id)s
      order by t.number desc
      limit 1
    ) t on true
    where private.require_show_access(%(show_id)s::uuid, %(viewer_id)s::uuid)
      and s.id = %(show_id)s
    """,
    repeatable=True,
)

ATTENDEES: Final = Query(
    "shows.attendees",
    f"""
    select{MINI_USER} as user,
      t.number as ticket_number,
      t.created_at as purchased_at,
      t.checked_in_at
    from public.show_tickets t
    join public.profiles p on p.user_id = t.user_id
    where private.require_show_ownership(%(show_id)s::uuid, %(caller_id)s::uuid)
      and t.show_id = %(show_id)s
      and t.status = 'valid'
      and (%(number)s::integer is null or t.number > %(number)s)
    order by t.number
    limit %(limit)s
    """,
    repeatable=True,
)

STATS: Final = Query(
    "shows.stats",
    """
    select
      s.id as show_id,
      s.sold as tickets_sold,
      s.max_tickets,
      t.revenue,
      t.check_ins,
      round(100.0 * s.sold / s.max_tickets)::integer as sell_through
    from public.shows s
    cross join lateral (
      select
        coalesce(sum(x.price), 0)::bigint as revenue,
        count(x.checked_in_at) as check_ins
      from public.show_tickets x
      where x.show_id = s.id
        and x.status = 'valid'
    ) t
    where private.require_show_ownership(%(show_id)s::uuid, %(caller_id)s::uuid)
      and s.id = %(show_id)s
    """,
    repeatable=True,
)

OVERDUE: Final = Query(
    "shows.overdue",
    """
    select id
    from private.overdue_shows(%(batch)s)
    """,
    repeatable=True,
)

# Not repeatable: what was claimed is not claimed again, so that a lost answer waits for its turn.
CLAIM_REMINDERS: Final = Query(
    "shows.claim_reminders",
    """
    select show_id, user_id, email, title, creator_name, scheduled_start, is_live
    from private.claim_show_reminders(
      %(batch)s,
      make_interval(mins => %(minutes_ahead)s),
      make_interval(secs => %(patience_seconds)s)
    )
    """,
)

REMINDER_SENT: Final = Query(
    "shows.reminder_sent",
    """
    select private.note_reminder_sent(%(show_id)s, %(user_id)s)
    """,
    repeatable=True,
)

REMINDER_GIVEN_UP: Final = Query(
    "shows.reminder_given_up",
    """
    select private.give_reminder_up(%(show_id)s, %(user_id)s)
    """,
    repeatable=True,
)
