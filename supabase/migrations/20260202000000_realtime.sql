-- Realtime: the outbox is published, in order for each topic and at least once; viewer counts are told;
-- and who may listen to a channel is decided here. docs/adr/0010-the-outbox-has-a-publisher.md says why.

-- What is refused for what it is, and not because Realtime is down, is set aside in the end: it would
-- hold up its topic for ever.
alter table public.outbox
  add column refusals integer not null default 0,
  add column dead_at timestamptz,
  add constraint outbox_refusals_check check (refusals >= 0),
  add constraint outbox_dead_check check (dead_at is null or published_at is null),
  alter column created_at set default private.now(),
  set (autovacuum_vacuum_scale_factor = 0.02);

-- The first event that waits in each topic is one step along the first; the others cost an insert
-- nothing.
drop index public.outbox_unpublished;
create index outbox_waiting on public.outbox (topic, id) where published_at is null and dead_at is null;
create index outbox_published on public.outbox (published_at) where published_at is not null;
create index outbox_dead on public.outbox (id) where dead_at is not null;

-- The topics that a publisher holds (under a lease, no lock is kept while it speaks with Realtime) or
-- that rest after a failure. A topic without a row is free, so the table stays as small as that.
create table public.outbox_topics (
  topic text primary key,
  lease_id uuid,
  held_until timestamptz not null,
  attempts integer not null default 0
    check (attempts >= 0)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);

-- The figures that listeners were last told of a stream; apart from the figures themselves, so that
-- telling them delays no join.
create table public.viewer_counts_told (
  stream_id uuid primary key
    references public.streams (id) on delete cascade,
  current_viewers integer not null
    check (current_viewers >= 0),
  peak_viewers integer not null
    check (peak_viewers >= 0),
  told_at timestamptz not null
) with (fillfactor = 50);

-- The first event that waits in each topic: one step along the index for each topic, however many
-- events wait behind it.
create function private.waiting_topics()
returns table (waiting_topic text, first_id bigint, since timestamptz)
language sql
stable
set search_path = ''
as $$
  with recursive waiting as (
    (
      select o.topic, o.id, o.created_at
      from public.outbox o
      where o.published_at is null
        and o.dead_at is null
      order by o.topic, o.id
      limit 1
    )
    union all
    select n.topic, n.id, n.created_at
    from waiting w
    cross join lateral (
      select o.topic, o.id, o.created_at
      from public.outbox o
      where o.published_at is null
        and o.dead_at is null
        and o.topic > w.topic
      order by o.topic, o.id
      limit 1
    ) n
  )
  select w.topic, w.id, w.created_at
  from waiting w
$$;

-- Leases the topics that have waited longest to the caller, and answers the first events of each in the
-- order they are to be sent in. Nobody else is given a topic before its lease ends. After failures a
-- topic is given with half as many events each time: a batch may be more than the project's rate allows.
create function private.claim_outbox(batch_topics integer, batch_events integer, lease interval)
returns table (claimed_topic text, claimed_lease uuid, events jsonb)
language plpgsql
security definer
set search_path = ''
as $$
declare
  mine uuid := gen_random_uuid();
  taken text[];
begin
  with due as (
    select w.waiting_topic
    from private.waiting_topics() w
    left join public.outbox_topics t on t.topic = w.waiting_topic
    where t.topic is null
       or t.held_until <= private.now()
    order by w.first_id
    limit batch_topics
  ), claimed as (
    insert into public.outbox_topics as t (topic, lease_id, held_until)
    select d.waiting_topic, mine, private.now() + lease
    from due d
    order by d.waiting_topic
    on conflict (topic) do update
    set lease_id = excluded.lease_id,
        held_until = excluded.held_until
    where t.held_until <= private.now()
    returning t.topic
  )
  select array_agg(c.topic) into taken
  from claimed c;
  if taken is null then
    return;
  end if;

  -- A statement of its own, and so with a snapshot of its own: what the last holder of a topic has
  -- published since this call began is seen here, and not sent again.
  return query
    select t.topic, t.lease_id, b.batch
    from public.outbox_topics t
    cross join lateral (
      select jsonb_agg(
          jsonb_build_object('id', e.id, 'eventId', e.event_id, 'event', e.event, 'payload', e.payload)
          order by e.id
        ) as batch
      from (
        select o.id, o.event_id, o.event, o.payload
        from public.outbox o
        where o.topic = t.topic
          and o.published_at is null
          and o.dead_at is null
        order by o.id
        limit greatest(batch_events / 2 ^ least(t.attempts, 30), 1)
      ) e
    ) b
    where t.topic = any (taken)
      and b.batch is not null;

  delete from public.outbox_topics t
  where t.topic = any (taken)
    and not exists (
      select
      from public.outbox o
      where o.topic = t.topic
        and o.published_at is null
        and o.dead_at is null
    );
end
$$;

-- How long a topic rests after so many failures in a row: a second, doubled each time up to a minute,
-- less up to half of it by chance, so that topics which failed together do not come back together.
create function private.outbox_rest(attempts integer)
returns interval
language sql
volatile
set search_path = ''
as $$
  select make_interval(secs => least(60, 2 ^ least(attempts - 1, 6)) * (0.5 + random() / 2))
$$;

-- Everything that was claimed of these topics was sent: they are free. Answers how many events those were.
create function private.settle_outbox(lease uuid, topics text[], sent bigint[])
returns integer
language sql
security definer
set search_path = ''
as $$
  with held as (
    select t.topic
    from public.outbox_topics t
    where t.topic = any (topics)
      and t.lease_id = lease
    order by t.topic
    for update
  ), marked as (
    update public.outbox o
    set published_at = private.now()
    from held h
    where o.id = any (sent)
      and o.topic = h.topic
      and o.published_at is null
    returning o.id
  ), freed as (
    delete from public.outbox_topics t
    using held h
    where t.topic = h.topic
  )
  select count(*)::integer
  from marked
$$;

-- Marks as published what its holder has sent of a topic. Answers how many events that were, or null
-- when the lease is another's by now: that one sends them again.
create function private.mark_published(topic text, lease uuid, sent bigint[])
returns integer
language plpgsql
set search_path = ''
as $$
declare
  marked integer;
begin
  perform
  from public.outbox_topics t
  where t.topic = mark_published.topic
    and t.lease_id = lease
  for update;
  if not found then
    return null;
  end if;

  update public.outbox o
  set published_at = private.now()
  where o.id = any (sent)
    and o.published_at is null;
  get diagnostics marked = row_count;
  return marked;
end
$$;

-- Realtime could not take all of it: the topic rests, at least as long as Realtime has asked for.
-- Answers how many events were sent before.
create function private.rest_outbox(topic text, lease uuid, sent bigint[], at_least interval)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  marked integer := private.mark_published(rest_outbox.topic, lease, sent);
begin
  update public.outbox_topics t
  set lease_id = null,
      attempts = t.attempts + 1,
      held_until = private.now() + greatest(private.outbox_rest(t.attempts + 1), at_least)
  where t.topic = rest_outbox.topic
    and marked is not null;
  return coalesce(marked, 0);
end
$$;

-- Realtime refused one event for what it is. The third time the event is set aside and the topic goes
-- on without it; until then the topic rests. Answers how many events were sent before, and whether
-- this one was set aside.
create function private.refuse_outbox(
  topic text,
  lease uuid,
  sent bigint[],
  refused bigint,
  out published integer,
  out set_aside boolean
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  marked integer := private.mark_published(refuse_outbox.topic, lease, sent);
begin
  published := coalesce(marked, 0);
  set_aside := false;
  if marked is null then
    return;
  end if;

  update public.outbox o
  set refusals = o.refusals + 1,
      dead_at = case when o.refusals + 1 >= 3 then private.now() end
  where o.id = refused
  returning o.dead_at is not null into set_aside;
  if set_aside then
    delete from public.outbox_topics t where t.topic = refuse_outbox.topic;
    return;
  end if;

  update public.outbox_topics t
  set lease_id = null,
      attempts = t.attempts + 1,
      held_until = private.now() + private.outbox_rest(t.attempts + 1)
  where t.topic = refuse_outbox.topic;
end
$$;

-- How many seconds the event that has waited longest has waited (0 when none waits), and how many were
-- set aside.
create function private.outbox_state(out lag_seconds double precision, out dead_letters bigint)
language sql
stable
security definer
set search_path = ''
as $$
  select
    (
      select greatest(extract(epoch from private.now() - min(w.since)), 0)::double precision
      from private.waiting_topics() w
    ),
    (
      select count(*)
      from public.outbox o
      where o.dead_at is not null
    )
$$;

-- Forgets what was published more than a day ago; what was set aside stays until somebody looks at it.
create function private.purge_outbox(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from public.outbox o
  using (
    select p.id
    from public.outbox p
    where p.published_at < private.now() - interval '24 hours'
    order by p.published_at
    limit batch
    for update skip locked
  ) old
  where o.id = old.id;
  get diagnostics purged = row_count;
  return purged;
end
$$;

-- Tells the figures of live streams to their listeners where they are others than were told last, each
-- stream's at most every three seconds. Of two callers at once the second finds them told. Answers the
-- streams.
create function private.tell_viewer_counts(batch integer)
returns table (told uuid)
language sql
security definer
set search_path = ''
as $$
  with changed as (
    select s.stream_id, s.current_viewers, s.peak_viewers
    from public.stream_stats s
    left join public.viewer_counts_told t on t.stream_id = s.stream_id
    where s.is_live
      and (s.current_viewers, s.peak_viewers)
        is distinct from (coalesce(t.current_viewers, 0), coalesce(t.peak_viewers, 0))
      and (t.told_at is null or t.told_at <= private.now() - interval '3 seconds')
    order by t.told_at nulls first
    limit batch
  ), noted as (
    insert into public.viewer_counts_told as t (stream_id, current_viewers, peak_viewers, told_at)
    select c.stream_id, c.current_viewers, c.peak_viewers, private.now()
    from changed c
    order by c.stream_id
    on conflict (stream_id) do update
    set current_viewers = excluded.current_viewers,
        peak_viewers = excluded.peak_viewers,
        told_at = excluded.told_at
    where t.told_at <= private.now() - interval '3 seconds'
    returning t.stream_id, t.current_viewers, t.peak_viewers
  )
  insert into public.outbox (topic, event, payload)
  select
    'stream:' || n.stream_id,
    'viewer_count',
    jsonb_build_object(
      'streamId', n.stream_id,
      'currentViewers', n.current_viewers,
      'peakViewers', n.peak_viewers
    )
  from noted n
  returning (payload ->> 'streamId')::uuid
$$;

-- Whether the caller of a REST or Realtime request may listen to a channel: to a stream's whoever may
-- see the stream, to a user's the user. Any other name is no channel of ours.
create function private.may_listen(topic text)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  listener uuid := auth.uid();
  subject uuid;
begin
  if topic is null or topic !~ '^(stream|user):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return false;
  end if;
  if listener is not null and not private.is_active() then
    return false;
  end if;

  subject := split_part(topic, ':', 2)::uuid;
  if topic like 'user:%' then
    return coalesce(subject = listener, false);
  end if;
  return private.stream_access(subject, listener) in ('owner', 'granted');
end
$$;

-- Lets clients listen to private channels under the rule above. Nobody may send, because no policy says
-- so: Realtime lets the service role past them. Answers false where Realtime has not made its table yet;
-- docs/operations.md says when to call this again.
create function private.open_channels()
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  if to_regclass('realtime.messages') is null or to_regprocedure('realtime.topic()') is null then
    return false;
  end if;
  drop policy if exists limelight_listen on realtime.messages;
  create policy limelight_listen on realtime.messages
    for select to anon, authenticated
    using (extension = 'broadcast' and (select private.may_listen(realtime.topic())));
  return true;
end
$$;

select private.open_channels();

alter table public.outbox_topics enable row level security;
alter table public.viewer_counts_told enable row level security;

grant execute on function private.may_listen(text) to anon, authenticated;

grant execute on function
  private.claim_outbox(integer, integer, interval),
  private.settle_outbox(uuid, text[], bigint[]),
  private.rest_outbox(text, uuid, bigint[], interval),
  private.refuse_outbox(text, uuid, bigint[], bigint),
  private.outbox_state(),
  private.purge_outbox(integer),
  private.tell_viewer_counts(integer)
  to limelight_backend;
