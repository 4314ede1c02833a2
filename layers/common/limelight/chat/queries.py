"""All SQL of the chat. Who may see a stream is decided by `private.stream_access`."""

from typing import Final

from limelight.data.shapes import MINI_USER
from limelight.data.system import Query

MESSAGES: Final = Query(
    "chat.messages",
    f"""
    select
      m.id,{MINI_USER} as user,
      m.kind,
      m.content,
      m.created_at
    from public.stream_messages m
    join public.profiles p on p.user_id = m.user_id
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and m.stream_id = %(stream_id)s
      and (
        %(created_at)s::timestamptz is null
        or (m.created_at, m.id) < (%(created_at)s::timestamptz, %(id)s::uuid)
      )
    order by m.created_at desc, m.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

SAY: Final = Query(
    "chat.say",
    """
    select private.say(%(stream_id)s, %(author_id)s, %(content)s) as line
    """,
)

DELETE: Final = Query(
    "chat.delete",
    """
    select private.delete_line(%(stream_id)s, %(line_id)s, %(caller_id)s)
    """,
)

BAN: Final = Query(
    "chat.ban",
    """
    select
      %(stream_id)s::uuid as stream_id,
      %(user_id)s::uuid as user_id,
      private.ban_viewer(%(stream_id)s, %(caller_id)s, %(user_id)s) as banned_at
    """,
    repeatable=True,
)

UNBAN: Final = Query(
    "chat.unban",
    """
    select private.unban_viewer(%(stream_id)s, %(caller_id)s, %(user_id)s)
    """,
)

TIME_OUT: Final = Query(
    "chat.time_out",
    """
    select
      %(stream_id)s::uuid as stream_id,
      %(user_id)s::uuid as user_id,
      private.time_out_viewer(%(stream_id)s, %(caller_id)s, %(user_id)s, %(minutes)s) as ends_at
    """,
    repeatable=True,
)

SLOW_DOWN: Final = Query(
    "chat.slow_down",
    """
    select private.set_slow_mode(%(stream_id)s, %(caller_id)s, %(seconds)s)
    """,
    repeatable=True,
)
