"""All SQL of the rooms: who may enter, under which name. Each answers one row, or fails."""

from typing import Final

from limelight.data.system import Query

WATCH_STREAM: Final = Query(
    "rooms.watch_stream",
    """
    select
      s.room_name,
      coalesce(p.display_name, 'Visitor') as display_name
    from public.streams s
    left join public.profiles p on p.user_id = %(viewer_id)s::uuid
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and s.id = %(stream_id)s
      and s.status = 'live'
    """,
    repeatable=True,
)

HOST_STREAM: Final = Query(
    "rooms.host_stream",
    """
    select
      s.room_name,
      p.display_name
    from public.streams s
    join public.profiles p on p.user_id = s.creator_id
    where private.require_stream_ownership(%(stream_id)s::uuid, %(caller_id)s::uuid)
      and s.id = %(stream_id)s
      and s.status = 'live'
    """,
    repeatable=True,
)

ENTER_CALL: Final = Query(
    "rooms.enter_call",
    """
    select
      c.room_name,
      p.display_name
    from public.calls c
    join public.profiles p on p.user_id = %(caller_id)s
    where private.require_call_room(%(call_id)s::uuid, %(caller_id)s::uuid)
      and c.id = %(call_id)s
    """,
    repeatable=True,
)

JOIN_SHOW: Final = Query(
    "rooms.join_show",
    """
    select
      j.room_name,
      p.display_name,
      j.is_owner,
      j.ticket_number,
      j.checked_in_at
    from private.join_show(%(show_id)s, %(caller_id)s) j
    join public.profiles p on p.user_id = %(caller_id)s
    """,
    repeatable=True,
)
