"""All SQL of the polls. Who may see a stream is decided by `private.stream_access`."""

from typing import Final

from limelight.data.system import Query

POLLS: Final = Query(
    "polls.polls",
    """
    select
      p.id,
      p.created_at,
      private.show_poll_to(p.id, %(viewer_id)s::uuid) as poll
    from public.stream_polls p
    where private.require_stream_access(%(stream_id)s::uuid, %(viewer_id)s::uuid)
      and p.stream_id = %(stream_id)s
      and (
        %(created_at)s::timestamptz is null
        or (p.created_at, p.id) < (%(created_at)s::timestamptz, %(id)s::uuid)
      )
    order by p.created_at desc, p.id desc
    limit %(limit)s
    """,
    repeatable=True,
)

OPEN: Final = Query(
    "polls.open",
    """
    select private.open_poll(
      %(stream_id)s,
      %(caller_id)s,
      %(question)s,
      %(options)s::text[],
      %(duration_seconds)s
    ) as poll
    """,
)

VOTE: Final = Query(
    "polls.vote",
    """
    select private.vote(%(stream_id)s, %(voter_id)s, %(poll_id)s, %(option_id)s) as poll
    """,
)

END: Final = Query(
    "polls.end",
    """
    select private.end_poll(%(stream_id)s, %(caller_id)s, %(poll_id)s) as poll
    """,
    repeatable=True,
)

SWEEP: Final = Query(
    "polls.sweep",
    """
    select swept
    from private.sweep_polls(%(batch)s)
    """,
    repeatable=True,
)
