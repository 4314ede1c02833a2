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
