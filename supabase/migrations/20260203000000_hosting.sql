-- Hosting and watching: a stream's start and changes, who is watching, whether the host is there, and
-- what a creator's streams came to. From here on every rule of a stream goes by private.now().

alter table public.streams
  add column is_totalled boolean not null default false,
  add check (not is_totalled or status = 'ended');

create index streams_status on public.streams (creator_id, status, created_at desc, id desc);
create index streams_ended on public.streams (creator_id, ended_at desc) where status = 'ended';
create index streams_untotalled on public.streams (creator_id)
  where status in ('live', 'ended') and not is_totalled;

-- What was given during a stream, counted once when nobody can give any more; null until then.
alter table public.stream_stats
  add column coins bigint check (coins >= 0),
  add column gifts bigint check (gifts >= 0),
  add check ((coins is null) = (gifts is null)),
  add check (coins is null or not is_live);

-- Since when somebody watches: newest first is the order of the list of viewers.
create index stream_viewers_newest on public.stream_viewers (stream_id, joined_at desc, user_id desc)
  where left_at is null;

-- What the totalled streams of a creator came to, so that thousands of them need not be added up.
create table public.creator_stream_totals (
  creator_id uuid primary key
    references public.users (id) on delete restrict,
  streams bigint not null
    check (streams >= 1),
  seconds bigint not null
    check (seconds >= 0),
  views bigint not null
    check (views >= 0),
  peak_viewers integer not null
    check (peak_viewers >= 0),
  coins bigint not null
    check (coins >= 0),
  gifts bigint not null
    check (gifts >= 0)
);

-- The access rule is asked by every route of a stream. In PL/pgSQL its plan is kept with the
-- connection: before PostgreSQL 18 a function in SQL is planned anew in every transaction, which took
-- longer than all the rest of a join.
create or replace function private.is_blocked(one uuid, other uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return exists (
    select
    from public.blocked_users
    where (blocker_id = one and blocked_id = other)
       or (blocker_id = other and blocked_id = one)
  );
end
$$;

create or replace function private.stream_access(stream uuid, viewer uuid)
returns text
language plpgsql
stable
security definer
set search_path = ''
as $$
begin
  return coalesce(
    (
      select case
          when s.creator_id = viewer then 'owner'
          when exists (
            select from public.stream_bans b where b.stream_id = s.id and b.user_id = viewer
          ) then 'banned'
          when private.is_blocked(s.creator_id, viewer) then 'blocked'
          when s.privacy = 'public' then 'granted'
          when viewer is null then 'authentication_required'
          when s.privacy = 'followers' and exists (
            select from public.follows f where f.follower_id = viewer and f.followee_id = s.creator_id
          ) then 'granted'
          when s.privacy = 'followers' then 'follow_required'
          when exists (
            select from public.stream_tickets t where t.stream_id = s.id and t.user_id = viewer
          ) then 'granted'
          else 'ticket_required'
        end
      from public.streams s
      join public.users u on u.id = s.creator_id
      where s.id = stream
        and (u.status = 'active' or s.creator_id = viewer)
    ),
    'not_found'
  );
end
$$;

-- How long a host may be silent before the stream ends: longer when viewers paid to watch.
create function private.host_grace(privacy text)
returns interval
language sql
immutable
set search_path = ''
as $$
  select case privacy when 'ticketed' then interval '600 seconds' else interval '300 seconds' end
$$;

-- Whoever was last seen before this moment does not watch any more.
create function private.watching_since()
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select private.now() - interval '60 seconds'
$$;

create function private.refuse_second_live(creator uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.fail(
    409,
    'already_live',
    (
      select jsonb_build_object('streamId', s.id)
      from public.streams s
      where s.creator_id = creator
        and s.status = 'live'
    )
  );
end
$$;

create or replace function private.create_stream(
  creator uuid,
  title text,
  description text,
  category text,
  tags text[],
  privacy text,
  thumbnail_url text,
  scheduled_for timestamptz,
  ticket_price bigint
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  moment timestamptz := private.now();
  scheduled boolean := coalesce(scheduled_for > moment, false);
  stream uuid;
begin
  insert into public.streams (
    creator_id, title, description, category, tags, privacy, thumbnail_url, ticket_price,
    status, scheduled_for, started_at, host_seen_at, created_at
  )
  values (
    creator, create_stream.title, create_stream.description, create_stream.category,
    create_stream.tags, create_stream.privacy, create_stream.thumbnail_url, create_stream.ticket_price,
    case when scheduled then 'scheduled' else 'live' end,
    case when scheduled then create_stream.scheduled_for end,
    case when scheduled then null else moment end,
    case when scheduled then null else moment end,
    moment
  )
  on conflict (creator_id) where status = 'live' do nothing
  returning id into stream;
  if stream is null then
    perform private.refuse_second_live(creator);
  end if;

  insert into public.stream_stats (stream_id, is_live)
  values (stream, not scheduled);
  return stream;
end
$$;

-- A scheduled stream goes live; starting it again changes nothing.
create function private.start_stream(stream uuid, caller uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);

  update public.streams s
  set status = 'live',
      started_at = private.now(),
      host_seen_at = private.now()
  where s.id = stream
    and s.status = 'scheduled';
  if found then
    update public.stream_stats f set is_live = true where f.stream_id = stream;
  elsif exists (select from public.streams s where s.id = stream and s.status = 'ended') then
    perform private.fail(409, 'stream_ended');
  end if;
exception
  when unique_violation then
    perform private.refuse_second_live(caller);
end
$$;

-- Changes the columns named in `changes` and no others. Who may watch, and for what price, is settled
-- once the stream has begun.
create function private.update_stream(stream uuid, caller uuid, changes jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  stored public.streams;
  wanted public.streams;
begin
  perform private.require_stream_owner(stream, caller);
  if changes ?| array['privacy', 'ticket_price'] then
    -- The strong lock keeps out whoever references the stream: nobody buys a ticket meanwhile.
    perform from public.streams s where s.id = stream and s.status = 'scheduled' for update;
  end if;
  select * into stored from public.streams s where s.id = stream for no key update;
  wanted := jsonb_populate_record(stored, changes);

  if stored.status = 'ended' then
    perform private.fail(409, 'stream_ended');
  end if;
  if (wanted.privacy, wanted.ticket_price) is distinct from (stored.privacy, stored.ticket_price) then
    perform private.require_new_terms(stored, wanted);
  end if;

  update public.streams s
  set title = wanted.title,
      description = wanted.description,
      category = wanted.category,
      tags = wanted.tags,
      thumbnail_url = wanted.thumbnail_url,
      privacy = wanted.privacy,
      ticket_price = wanted.ticket_price
  where s.id = stream;
end
$$;

-- Fails unless a stream may be shown on other terms: it has not begun, a ticketed one has a price and
-- no other has, and whoever bought a ticket keeps what it is good for.
create function private.require_new_terms(stored public.streams, wanted public.streams)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if stored.status <> 'scheduled' then
    perform private.fail(409, 'stream_started');
  end if;
  if (wanted.privacy = 'ticketed') <> (wanted.ticket_price is not null) then
    perform private.fail(
      422,
      'validation_failed',
      jsonb_build_object(
        'errors',
        jsonb_build_array(
          jsonb_build_object(
            'pointer', '/ticketPrice',
            'detail', 'A ticketed stream has a ticketPrice, and no other stream has one'
          )
        )
      )
    );
  end if;
  if wanted.privacy <> 'ticketed' and exists (
    select from public.stream_tickets t where t.stream_id = stored.id
  ) then
    perform private.fail(409, 'tickets_sold');
  end if;
end
$$;

-- Counts who is watching into the stream's figures. The lock comes first: of all who count at once, the
-- last sees everybody's viewer.
create function private.recount_viewers(stream uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  since timestamptz := private.watching_since();
begin
  perform from public.stream_stats s where s.stream_id = stream for no key update;

  update public.stream_stats s
  set current_viewers = c.watching,
      peak_viewers = greatest(s.peak_viewers, c.watching),
      total_views = c.ever,
      counted_at = private.now()
  from (
    select
      count(*) filter (where v.left_at is null and v.seen_at > since) as watching,
      count(*) as ever
    from public.stream_viewers v
    where v.stream_id = stream
  ) c
  where s.stream_id = stream
    and s.is_live;
end
$$;

-- While a stream is small every join counts; a large one is counted now and then, by whoever gets the
-- lock first, so that a storm of joins does not queue here. A count reads a row for everybody who ever
-- joined: the next comes after a second, and one more for every 100,000 of them.
create or replace function private.count_viewers(stream uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  figures public.stream_stats;
begin
  select * into figures from public.stream_stats s where s.stream_id = stream;
  if figures.current_viewers < 100 then
    perform private.recount_viewers(stream);
  elsif figures.counted_at <= private.now() - interval '1 second' * (1 + figures.total_views / 100000) then
    perform from public.stream_stats s where s.stream_id = stream for no key update skip locked;
    if found then
      perform private.recount_viewers(stream);
    end if;
  end if;
end
$$;

-- A join needs access and a live stream. Whoever never left goes on watching; coming back begins anew
-- and adds no view; the owner is no viewer.
create or replace function private.join_stream(stream uuid, viewer uuid)
returns public.stream_stats
language plpgsql
security definer
set search_path = ''
as $$
declare
  moment timestamptz := private.now();
  since timestamptz := private.watching_since();
  figures public.stream_stats;
begin
  perform private.require_stream_access(stream, viewer);

  insert into public.stream_viewers as v (stream_id, user_id, joined_at, seen_at)
  select s.id, viewer, moment, moment
  from public.streams s
  where s.id = stream
    and s.status = 'live'
    and s.creator_id <> viewer
  on conflict (stream_id, user_id) do update
  set joined_at = case
        when v.left_at is null and v.seen_at > since then v.joined_at
        else moment
      end,
      seen_at = moment,
      left_at = null;
  if found then
    perform private.count_viewers(stream);
  else
    perform private.require_live(stream);
  end if;

  select * into figures from public.stream_stats s where s.stream_id = stream;
  return figures;
end
$$;

-- Keeps a viewer alive: silent for 60 seconds means gone. Whoever has not joined is told so. The row is
-- found by its key: that it has not been left is asked of the row, or the planner might take the index
-- of those who watch and read all of them.
create or replace function private.see_viewer(stream uuid, viewer uuid)
returns public.stream_stats
language plpgsql
security definer
set search_path = ''
as $$
declare
  watching boolean;
  figures public.stream_stats;
begin
  perform private.require_stream_access(stream, viewer);
  perform private.require_live(stream);

  update public.stream_viewers v
  set seen_at = private.now()
  where v.stream_id = stream
    and v.user_id = viewer
  returning v.left_at is null into watching;
  if watching is not true then
    perform private.fail(409, 'not_watching');
  end if;

  perform private.count_viewers(stream);
  select * into figures from public.stream_stats s where s.stream_id = stream;
  return figures;
end
$$;

-- Whoever has watched may leave, banned or not; to anybody else the figures are as closed as the rest.
create or replace function private.leave_stream(stream uuid, viewer uuid)
returns public.stream_stats
language plpgsql
security definer
set search_path = ''
as $$
declare
  figures public.stream_stats;
begin
  if private.stream_access(stream, viewer) = 'not_found' then
    perform private.fail(404, 'not_found');
  end if;

  update public.stream_viewers v
  set left_at = coalesce(v.left_at, private.now())
  where v.stream_id = stream
    and v.user_id = viewer;
  if found then
    perform private.count_viewers(stream);
  else
    perform private.require_stream_access(stream, viewer);
  end if;

  select * into figures from public.stream_stats s where s.stream_id = stream;
  return figures;
end
$$;

create or replace function private.see_host(stream uuid, caller uuid)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  seen timestamptz;
begin
  perform private.require_stream_owner(stream, caller);
  update public.streams s
  set host_seen_at = private.now()
  where s.id = stream
    and s.status = 'live'
  returning s.host_seen_at into seen;
  if seen is null then
    perform private.fail(409, 'stream_not_live');
  end if;
  return seen;
end
$$;

-- Ends live streams: their viewers leave and their count is 0 in the same statement, guarded by the
-- status, so that parallel ends end each stream once. Answers the streams that this call ended. The
-- viewers' rows are locked before the figures, as a join locks them, so that the two cannot deadlock:
-- `cleared` reads `gone` to come after it.
create or replace function private.end_streams(ended_streams uuid[])
returns setof uuid
language sql
security definer
set search_path = ''
as $$
  with ended as (
    update public.streams
    set status = 'ended',
        ended_at = greatest(private.now(), started_at)
    where id = any (ended_streams)
      and status = 'live'
    returning id, ended_at, ended_at - started_at as duration
  ), gone as (
    update public.stream_viewers v
    set left_at = e.ended_at
    from ended e
    where v.stream_id = e.id
      and v.left_at is null
    returning v.user_id
  ), cleared as (
    update public.stream_stats s
    set is_live = false,
        current_viewers = 0,
        total_views = (select count(*) from public.stream_viewers v where v.stream_id = s.stream_id)
    from ended e
    where s.stream_id = e.id
      and (select count(*) from gone) >= 0
  )
  select e.id
  from ended e
  cross join lateral private.tell(
    'stream:' || e.id,
    'stream_ended',
    jsonb_build_object('streamId', e.id, 'durationSeconds', floor(extract(epoch from e.duration)))
  )
$$;

-- Adds ended streams to their creators' totals, each once. A gift that was on its way when its stream
-- ended may still arrive: a statement has 15 seconds, so a minute later nothing can. Bounded per call.
create function private.total_streams(batch integer)
returns setof uuid
language sql
security definer
set search_path = ''
as $$
  with due as (
    select s.id, s.creator_id, floor(extract(epoch from s.ended_at - s.started_at))::bigint as seconds
    from public.streams s
    where s.status = 'ended'
      and not s.is_totalled
      and s.ended_at < private.now() - interval '1 minute'
    limit batch
    for no key update skip locked
  ), marked as (
    update public.streams s
    set is_totalled = true
    from due d
    where s.id = d.id
  ), counted as (
    update public.stream_stats f
    set coins = g.coins,
        gifts = g.gifts
    from due d
    cross join lateral (
      select coalesce(sum(x.coins), 0) as coins, coalesce(sum(x.gifts), 0) as gifts
      from public.stream_supporters x
      where x.stream_id = d.id
    ) g
    where f.stream_id = d.id
    returning d.id, d.creator_id, d.seconds, f.total_views, f.peak_viewers, f.coins, f.gifts
  ), added as (
    insert into public.creator_stream_totals as t
      (creator_id, streams, seconds, views, peak_viewers, coins, gifts)
    select
      c.creator_id, count(*), sum(c.seconds), sum(c.total_views), max(c.peak_viewers), sum(c.coins),
      sum(c.gifts)
    from counted c
    group by c.creator_id
    order by c.creator_id
    on conflict (creator_id) do update
    set streams = t.streams + excluded.streams,
        seconds = t.seconds + excluded.seconds,
        views = t.views + excluded.views,
        peak_viewers = greatest(t.peak_viewers, excluded.peak_viewers),
        coins = t.coins + excluded.coins,
        gifts = t.gifts + excluded.gifts
  )
  select id from counted
$$;

-- The sweep: ends what its host has left, and recounts where a viewer went silent or where joins may
-- not have been counted yet, which are the large streams. A viewer whose row is locked is being heard
-- of at this moment and is passed over. Bounded per call.
create or replace function private.sweep_streams(batch integer)
returns table (ended uuid)
language plpgsql
security definer
set search_path = ''
as $$
declare
  moment timestamptz := private.now();
  since timestamptz := private.watching_since();
  watched uuid;
begin
  return query
    select private.end_streams(
      array(
        select s.id
        from public.streams s
        where s.status = 'live'
          and s.host_seen_at < moment - private.host_grace('public')
          and s.host_seen_at < moment - private.host_grace(s.privacy)
        order by s.host_seen_at
        limit batch
      )
    );

  for watched in
    select f.stream_id
    from public.stream_stats f
    where f.is_live
      and f.current_viewers > 0
      and (
        f.current_viewers >= 100
        or exists (
          select
          from public.stream_viewers v
          where v.stream_id = f.stream_id
            and v.left_at is null
            and v.seen_at <= since
        )
      )
    order by f.counted_at
    limit batch
  loop
    update public.stream_viewers v
    set left_at = s.seen_at
    from (
      select q.user_id, q.seen_at
      from public.stream_viewers q
      where q.stream_id = watched
        and q.left_at is null
        and q.seen_at <= since
      for no key update skip locked
    ) s
    where v.stream_id = watched
      and v.user_id = s.user_id;
    perform private.recount_viewers(watched);
  end loop;
end
$$;

alter table public.creator_stream_totals enable row level security;
grant select on public.creator_stream_totals to limelight_backend;
create policy creator_stream_totals_backend on public.creator_stream_totals
  for select to limelight_backend
  using (true);

grant execute on function
  private.host_grace(text),
  private.watching_since(),
  private.start_stream(uuid, uuid),
  private.update_stream(uuid, uuid, jsonb),
  private.total_streams(integer)
  to limelight_backend;
