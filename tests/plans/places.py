"""The places of the seeded world that the cases look at: where there is most of everything."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import psycopg

from limelight.schema import CallId, GoalId, ShowId, StreamId, UserId

_PLACES = """
select
  (select id from local_seed.landmark where name = 'stream') as stream,
  (select id from local_seed.landmark where name = 'creator') as creator,
  (select id from local_seed.landmark where name = 'fan') as fan,
  (select id from local_seed.landmark where name = 'admin') as admin,
  (
    select v.user_id
    from public.stream_viewers v
    join public.users u on u.id = v.user_id
    where v.stream_id = (select id from local_seed.landmark where name = 'stream')
      and v.left_at is null
      and u.status = 'active'
    order by v.user_id
    limit 1
  ) as viewer,
  (
    select u.id
    from public.users u
    where u.status = 'active'
      and u.role = 'fan'
      and not exists (
        select
        from public.stream_viewers v
        where v.user_id = u.id
          and v.stream_id = (select id from local_seed.landmark where name = 'stream')
      )
    order by u.id
    limit 1
  ) as newcomer,
  (
    select u.id
    from public.users u
    where u.role = 'creator'
      and u.status = 'active'
      and not exists (select from public.streams s where s.creator_id = u.id and s.status = 'live')
    order by u.id
    limit 1
  ) as idle_creator,
  (
    select p.username
    from public.profiles p
    where p.user_id = (select id from local_seed.landmark where name = 'creator')
  ) as creator_name,
  (
    select p.id
    from public.payouts p
    where p.status = 'requested'
    order by p.id
    limit 1
  ) as payout,
  (
    select p.payment_intent_id
    from public.purchases p
    where p.user_id = (select id from local_seed.landmark where name = 'fan')
      and p.status = 'paid'
    order by p.id
    limit 1
  ) as payment,
  c.id as conversation,
  case
    when c.first_id = (select id from local_seed.landmark where name = 'creator') then c.second_id
    else c.first_id
  end as writer,
  (select id from local_seed.landmark where name = 'locked message') as locked_message,
  s.id as scheduled,
  s.creator_id as scheduled_host,
  (
    select t.id
    from public.streams t
    join public.users u on u.id = t.creator_id
    where t.privacy = 'ticketed'
      and t.status in ('live', 'scheduled')
      and u.status = 'active'
    order by t.id
    limit 1
  ) as ticketed,
  (select id from local_seed.landmark where name = 'goal') as goal,
  (
    select m.id
    from public.stream_messages m
    where m.stream_id = (select id from local_seed.landmark where name = 'stream')
      and m.kind = 'chat'
    order by m.created_at desc
    limit 1
  ) as line,
  (select id from local_seed.landmark where name = 'poll') as poll,
  (select id from local_seed.landmark where name = 'option') as option,
  o.id as quiet_stream,
  o.creator_id as quiet_host,
  (select id from local_seed.landmark where name = 'show') as show,
  (select id from local_seed.landmark where name = 'small show') as small_show,
  (
    select creator_id
    from public.shows
    where id = (select id from local_seed.landmark where name = 'small show')
  ) as small_show_host,
  (select id from local_seed.landmark where name = 'live show') as live_show,
  (
    select creator_id
    from public.shows
    where id = (select id from local_seed.landmark where name = 'live show')
  ) as live_show_host,
  (
    select t.user_id
    from public.show_tickets t
    group by t.user_id
    order by count(*) desc, t.user_id
    limit 1
  ) as show_goer
from public.conversations c
cross join lateral (
  select s.id, s.creator_id
  from public.streams s
  join public.users u on u.id = s.creator_id
  where s.status = 'scheduled'
    and u.status = 'active'
    and not exists (
      select from public.streams l where l.creator_id = s.creator_id and l.status = 'live'
    )
  order by s.id
  limit 1
) s
cross join lateral (
  select l.id, l.creator_id
  from public.streams l
  join public.users u on u.id = l.creator_id
  where l.status = 'live'
    and u.status = 'active'
    and not exists (select from public.stream_polls p where p.stream_id = l.id)
  order by l.id
  limit 1
) o
where c.id = (select id from local_seed.landmark where name = 'conversation')
"""


_CALL = """
select
  c.id,
  c.fan_id,
  c.creator_id
from public.calls c
where c.id = (select id from local_seed.landmark where name = %s)
"""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call, and who is in it."""

    id: CallId
    fan: UserId
    creator: UserId


@dataclass(frozen=True, slots=True)
class Places:
    """Ids to ask for."""

    stream: StreamId
    """Live, and everybody is there."""
    creator: UserId
    """Whose stream it is: of all creators the one with most followers, streams and entries."""
    fan: UserId
    """Who sent most gifts."""
    admin: UserId
    viewer: UserId
    """Watches the stream."""
    newcomer: UserId
    """Has never watched it."""
    idle_creator: UserId
    """Is not live."""
    creator_name: str
    """The user name of `creator`."""
    payout: UUID
    """Waits for an admin."""
    payment: str
    """Paid for one of the fan's purchases."""
    conversation: UUID
    """The longest: the creator's, with a fan."""
    writer: UserId
    """The fan in it."""
    locked_message: UUID
    """The creator's to the writer, who has not paid for it."""
    scheduled: StreamId
    """A stream to come."""
    scheduled_host: UserId
    """Whose it is; not live."""
    ticketed: StreamId
    """Tickets of it are on sale."""
    goal: GoalId
    """Of the stream where everybody is; active."""
    line: UUID
    """The last one said in the stream."""
    poll: UUID
    """Open, in the stream."""
    option: UUID
    """One of its options."""
    quiet_stream: StreamId
    """Live, without a poll."""
    quiet_host: UserId
    show: ShowId
    """The creator's; most tickets are of it."""
    small_show: ShowId
    """Scheduled, with few tickets."""
    small_show_host: UserId
    live_show: ShowId
    live_show_host: UserId
    show_goer: UserId
    """Has most tickets."""
    pending: OpenCall
    accepted: OpenCall
    active: OpenCall

    @classmethod
    def of(cls, owner: psycopg.Connection[Any]) -> Self:
        row = owner.execute(_PLACES).fetchone()
        assert row is not None
        assert None not in row, row
        calls = [_open_call(owner, status) for status in ("pending", "accepted", "active")]
        return cls(*row, *calls)


def _open_call(owner: psycopg.Connection[Any], status: str) -> OpenCall:
    row = owner.execute(_CALL, [f"{status} call"]).fetchone()
    assert row is not None
    return OpenCall(*row)
