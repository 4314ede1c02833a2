-- Live streams: who may see them, who is watching, chat, gifts, and the outbox to realtime.

create table public.streams (
  id uuid primary key default gen_random_uuid(),
  creator_id uuid not null
    references public.users (id) on delete restrict,
  title text not null
    check (length(title) between 1 and 100),
  description text
    check (length(description) <= 500),
  category text not null
    check (length(category) between 1 and 50),
  tags text[] not null default '{}'
    check (cardinality(tags) <= 10),
  privacy text not null default 'public'
    check (privacy in ('public', 'followers', 'ticketed')),
  ticket_price bigint
    check (ticket_price between 1 and 100000),
  thumbnail_url text
    check (thumbnail_url ~ '^https://' and length(thumbnail_url) <= 2048),
  status text not null
    check (status in ('scheduled', 'live', 'ended')),
  scheduled_for timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  host_seen_at timestamptz,
  room_name text not null unique default 'room_' || replace(gen_random_uuid()::text, '-', ''),
  stream_key text not null unique default 'sk_' || replace(gen_random_uuid()::text, '-', ''),
  created_at timestamptz not null default now(),
  check ((privacy = 'ticketed') = (ticket_price is not null)),
  check (status <> 'scheduled' or (scheduled_for is not null and started_at is null)),
  check (status <> 'live' or (started_at is not null and ended_at is null and host_seen_at is not null)),
  check ((status = 'ended') = (ended_at is not null)),
  check (ended_at >= started_at)
);

create unique index streams_one_live_per_creator on public.streams (creator_id) where status = 'live';
create index streams_creator on public.streams (creator_id, created_at desc, id desc);
create index streams_silent on public.streams (host_seen_at) where status = 'live';

-- The figures that move while a stream is live, apart from its row, so that a counter never delays
-- whoever only reads or references the stream.
create table public.stream_stats (
  stream_id uuid primary key
    references public.streams (id) on delete restrict,
  is_live boolean not null,
  current_viewers integer not null default 0
    check (current_viewers >= 0),
  peak_viewers integer not null default 0,
  total_views bigint not null default 0,
  counted_at timestamptz not null default now(),
  check (peak_viewers >= current_viewers)
) with (fillfactor = 50);

create index stream_stats_live on public.stream_stats (current_viewers desc, stream_id desc) where is_live;

-- One row for each user who ever joined: total views are its rows, so that coming back adds none.
create table public.stream_viewers (
  stream_id uuid not null
    references public.streams (id) on delete cascade,
  user_id uuid not null
    references public.users (id) on delete cascade,
  joined_at timestamptz not null default now(),
  seen_at timestamptz not null default now(),
  left_at timestamptz,
  primary key (stream_id, user_id)
) with (fillfactor = 70);

create index stream_viewers_watching on public.stream_viewers (stream_id, seen_at) where left_at is null;
create index stream_viewers_user on public.stream_viewers (user_id);

create table public.stream_bans (
  stream_id uuid not null
    references public.streams (id) on delete cascade,
  user_id uuid not null
    references public.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (stream_id, user_id)
);

create index stream_bans_user on public.stream_bans (user_id);

create table public.stream_tickets (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null
    references public.streams (id) on delete restrict,
  user_id uuid not null
    references public.users (id) on delete restrict,
  transfer_id uuid not null unique
    references public.transfers (id) on delete restrict,
  price bigint not null
    check (price >= 1),
  created_at timestamptz not null default now(),
  unique (stream_id, user_id)
);

create index stream_tickets_user on public.stream_tickets (user_id, created_at desc);

create table public.virtual_gifts (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  price bigint not null
    check (price >= 1),
  rarity text not null
    check (rarity in ('common', 'rare', 'epic', 'legendary')),
  animation text not null
    check (animation in ('float', 'burst', 'fireworks', 'confetti')),
  is_active boolean not null default true
);

create table public.stream_gifts (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null
    references public.streams (id) on delete restrict,
  sender_id uuid not null
    references public.users (id) on delete restrict,
  gift_id uuid not null
    references public.virtual_gifts (id) on delete restrict,
  transfer_id uuid not null unique
    references public.transfers (id) on delete restrict,
  quantity integer not null
    check (quantity between 1 and 100),
  total_coins bigint not null
    check (total_coins >= 1),
  created_at timestamptz not null default now()
);

create index stream_gifts_stream on public.stream_gifts (stream_id, created_at desc, id desc);
create index stream_gifts_sender on public.stream_gifts (sender_id, created_at desc);
create index stream_gifts_gift on public.stream_gifts (gift_id);

create table public.stream_messages (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null
    references public.streams (id) on delete cascade,
  user_id uuid not null
    references public.users (id) on delete cascade,
  kind text not null
    check (kind in ('chat', 'gift', 'tip', 'system')),
  content text not null
    check (length(content) between 1 and 500),
  gift_id uuid
    references public.stream_gifts (id) on delete restrict,
  created_at timestamptz not null default now(),
  check ((kind = 'gift') = (gift_id is not null))
);

create index stream_messages_newest on public.stream_messages (stream_id, created_at desc, id desc);
create index stream_messages_user on public.stream_messages (user_id);
create index stream_messages_gift on public.stream_messages (gift_id) where gift_id is not null;

-- What each supporter gave to a stream: one row per user, whatever their name was.
create table public.stream_supporters (
  stream_id uuid not null
    references public.streams (id) on delete restrict,
  user_id uuid not null
    references public.users (id) on delete restrict,
  coins bigint not null
    check (coins >= 1),
  gifts integer not null default 0
    check (gifts >= 0),
  updated_at timestamptz not null default now(),
  primary key (stream_id, user_id)
) with (fillfactor = 70);

create index stream_supporters_top on public.stream_supporters (stream_id, coins desc, user_id desc);
create index stream_supporters_user on public.stream_supporters (user_id);

-- What listeners must hear once the transaction has committed; a job publishes it.
create table public.outbox (
  id bigint generated always as identity primary key,
  event_id uuid not null unique default gen_random_uuid(),
  topic text not null,
  event text not null,
  payload jsonb not null,
  created_at timestamptz not null default now(),
  published_at timestamptz
);

create index outbox_unpublished on public.outbox (id) where published_at is null;

-- How a user stands to a stream: the one access rule, asked by every route that shows or takes part
-- in a stream. Answers 'owner', 'granted', or why not: 'not_found', 'banned', 'blocked',
-- 'authentication_required', 'follow_required', 'ticket_required'.
create function private.stream_access(stream uuid, viewer uuid)
returns text
language sql
stable
security definer
set search_path = ''
as $$
  select coalesce(
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
  )
$$;

-- True when the viewer may take part in the stream, else it fails with the reason. Stable and without
-- columns, so that in a where clause it is a one-time filter: asked once, before any row is read.
create function private.require_stream_access(stream uuid, viewer uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  verdict text := private.stream_access(stream, viewer);
begin
  case verdict
    when 'owner', 'granted' then
      return true;
    when 'not_found' then
      perform private.fail(404, 'not_found');
    when 'authentication_required' then
      perform private.fail(401, 'authentication_required');
    when 'ticket_required' then
      perform private.fail(
        403,
        'ticket_required',
        (select jsonb_build_object('ticketPrice', s.ticket_price) from public.streams s where s.id = stream)
      );
    else
      perform private.fail(403, verdict);
  end case;
  return false;
end
$$;

create function private.require_live(stream uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not exists (select from public.streams s where s.id = stream and s.status = 'live') then
    perform private.fail(409, 'stream_not_live');
  end if;
end
$$;

-- Fails unless the caller owns the stream; one that the caller may not know of does not exist.
create function private.require_stream_owner(stream uuid, caller uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  case private.stream_access(stream, caller)
    when 'owner' then
      return;
    when 'not_found' then
      perform private.fail(404, 'not_found');
    else
      perform private.fail(403, 'not_owner');
  end case;
end
$$;

-- Counts who is watching (seen within 60 seconds and not gone) into the stream's figures. While a
-- stream is small every join counts; a large one is counted at most once a second, by whoever gets
-- the lock first, so that a storm of joins does not queue here.
create function private.count_viewers(stream uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  figures public.stream_stats;
begin
  select * into figures from public.stream_stats where stream_id = stream;
  if figures.current_viewers >= 100 then
    if figures.counted_at > clock_timestamp() - interval '1 second' then
      return;
    end if;
    perform from public.stream_stats where stream_id = stream for no key update skip locked;
    if not found then
      return;
    end if;
  else
    perform from public.stream_stats where stream_id = stream for no key update;
  end if;

  update public.stream_stats s
  set current_viewers = c.watching,
      peak_viewers = greatest(s.peak_viewers, c.watching),
      total_views = c.ever,
      counted_at = clock_timestamp()
  from (
    select
      count(*) filter (where v.left_at is null and v.seen_at > now() - interval '60 seconds') as watching,
      count(*) as ever
    from public.stream_viewers v
    where v.stream_id = stream
  ) c
  where s.stream_id = stream
    and s.is_live;
end
$$;

-- Opens a stream: live at once, or scheduled when its start lies ahead.
create function private.create_stream(
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
  scheduled boolean := scheduled_for > now();
  stream uuid;
begin
  insert into public.streams (
    creator_id, title, description, category, tags, privacy, thumbnail_url, ticket_price,
    status, scheduled_for, started_at, host_seen_at
  )
  values (
    creator, create_stream.title, create_stream.description, create_stream.category,
    create_stream.tags, create_stream.privacy, create_stream.thumbnail_url, create_stream.ticket_price,
    case when scheduled then 'scheduled' else 'live' end,
    case when scheduled then create_stream.scheduled_for end,
    case when scheduled then null else now() end,
    case when scheduled then null else now() end
  )
  on conflict (creator_id) where status = 'live' do nothing
  returning id into stream;

  if stream is null then
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
  end if;

  insert into public.stream_stats (stream_id, is_live)
  values (stream, not coalesce(scheduled, false));
  return stream;
end
$$;

-- A join needs access and a live stream. Coming back refreshes the viewer's row and adds no view; the
-- owner is no viewer.
create function private.join_stream(stream uuid, viewer uuid)
returns public.stream_stats
language plpgsql
security definer
set search_path = ''
as $$
declare
  figures public.stream_stats;
begin
  perform private.require_stream_access(stream, viewer);
  perform private.require_live(stream);

  insert into public.stream_viewers as v (stream_id, user_id)
  select s.id, viewer
  from public.streams s
  where s.id = stream
    and s.creator_id <> viewer
  on conflict (stream_id, user_id) do update
  set seen_at = now(),
      left_at = null;
  if found then
    perform private.count_viewers(stream);
  end if;

  select * into figures from public.stream_stats s where s.stream_id = stream;
  return figures;
end
$$;

-- Keeps a viewer alive: silent for 60 seconds means gone. Whoever has not joined is told so.
create function private.see_viewer(stream uuid, viewer uuid)
returns public.stream_stats
language plpgsql
security definer
set search_path = ''
as $$
declare
  figures public.stream_stats;
begin
  perform private.require_stream_access(stream, viewer);
  perform private.require_live(stream);

  update public.stream_viewers v
  set seen_at = now()
  where v.stream_id = stream
    and v.user_id = viewer
    and v.left_at is null;
  if not found then
    perform private.fail(409, 'not_watching');
  end if;

  perform private.count_viewers(stream);
  select * into figures from public.stream_stats s where s.stream_id = stream;
  return figures;
end
$$;

-- Whoever has watched may leave, banned or not; to anybody else the figures are as closed as the rest.
create function private.leave_stream(stream uuid, viewer uuid)
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
  set left_at = now()
  where v.stream_id = stream
    and v.user_id = viewer
    and v.left_at is null;
  if found then
    perform private.count_viewers(stream);
  elsif not exists (
    select from public.stream_viewers v where v.stream_id = stream and v.user_id = viewer
  ) then
    perform private.require_stream_access(stream, viewer);
  end if;

  select * into figures from public.stream_stats s where s.stream_id = stream;
  return figures;
end
$$;

-- Ends live streams: their viewers leave and their count is 0 in the same statement, guarded by the
-- status, so that parallel ends end each stream once. Answers the streams that this call ended. The
-- viewers' rows are locked before the figures, as a join locks them, so that the two cannot deadlock:
-- `cleared` reads `gone` to come after it.
create function private.end_streams(ended_streams uuid[])
returns setof uuid
language sql
security definer
set search_path = ''
as $$
  with ended as (
    update public.streams
    set status = 'ended',
        ended_at = now()
    where id = any (ended_streams)
      and status = 'live'
    returning id, ended_at - started_at as duration
  ), gone as (
    update public.stream_viewers v
    set left_at = now()
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
  ), told as (
    insert into public.outbox (topic, event, payload)
    select
      'stream:' || e.id,
      'stream_ended',
      jsonb_build_object('streamId', e.id, 'durationSeconds', floor(extract(epoch from e.duration)))
    from ended e
  )
  select id from ended
$$;

create function private.end_stream(stream uuid, caller uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  if exists (select from public.streams s where s.id = stream and s.status = 'scheduled') then
    perform private.fail(409, 'stream_not_live');
  end if;
  perform private.end_streams(array[stream]);
end
$$;

-- The host is still there: the sweep leaves the stream alone.
create function private.see_host(stream uuid, caller uuid)
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
  set host_seen_at = now()
  where s.id = stream
    and s.status = 'live'
  returning s.host_seen_at into seen;
  if seen is null then
    perform private.fail(409, 'stream_not_live');
  end if;
  return seen;
end
$$;

-- The sweep: ends what its host has left (silent for 300 seconds, 600 when viewers paid to watch)
-- and recounts the rest, so that a viewer who went silent for 60 seconds is gone. Bounded per call.
create function private.sweep_streams(batch integer)
returns table (ended uuid)
language plpgsql
security definer
set search_path = ''
as $$
declare
  watched uuid;
begin
  return query
    select private.end_streams(
      array(
        select s.id
        from public.streams s
        where s.status = 'live'
          and s.host_seen_at < now() - case s.privacy
            when 'ticketed' then interval '600 seconds'
            else interval '300 seconds'
          end
        order by s.host_seen_at
        limit batch
      )
    );

  for watched in
    select distinct v.stream_id
    from public.stream_stats s
    join public.stream_viewers v on v.stream_id = s.stream_id
    where s.is_live
      and s.current_viewers > 0
      and v.left_at is null
      and v.seen_at <= now() - interval '60 seconds'
    limit batch
  loop
    update public.stream_viewers v
    set left_at = v.seen_at
    where v.stream_id = watched
      and v.left_at is null
      and v.seen_at <= now() - interval '60 seconds';
    perform private.count_viewers(watched);
  end loop;
end
$$;

-- A gift: coins, gift row, chat line, supporter total and outbox event in one transaction and one
-- round trip. The stored answer carries the sender's new balance.
create function ledger.gift(
  sender uuid,
  stream uuid,
  gift uuid,
  quantity integer,
  key text,
  request_hash text,
  request_id text,
  out replayed boolean,
  out response jsonb
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  host uuid;
  chosen public.virtual_gifts;
  giver public.profiles;
  cost bigint;
  fee bigint;
  sent public.stream_gifts;
begin
  response := ledger.claim(sender, 'gift', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  perform private.require_stream_access(stream, sender);
  perform private.require_live(stream);
  select s.creator_id into host from public.streams s where s.id = stream;
  if host = sender then
    perform private.fail(403, 'own_stream');
  end if;
  select * into chosen from public.virtual_gifts g where g.id = gift and g.is_active;
  if chosen.id is null then
    perform private.fail(404, 'gift_not_found');
  end if;
  select * into giver from public.profiles p where p.user_id = sender;

  cost := chosen.price * quantity;
  fee := ledger.fee('gift', cost);
  sent.transfer_id := ledger.post(
    'gift', sender, key, 'stream', stream, request_id,
    array[
      row(ledger.wallet_of(sender), 'gift', -cost, chosen.name),
      row(ledger.wallet_of(host), 'gift', cost - fee, chosen.name)
    ]::ledger.leg[]
    || case
      when fee > 0 then array[
        row(ledger.system_wallet('platform_fees'), 'platform_fee', fee, chosen.name)
      ]::ledger.leg[]
    end
  );

  insert into public.stream_gifts (stream_id, sender_id, gift_id, transfer_id, quantity, total_coins)
  values (stream, sender, gift, sent.transfer_id, gift.quantity, cost)
  returning * into sent;

  insert into public.stream_messages (stream_id, user_id, kind, content, gift_id)
  values (stream, sender, 'gift', format('sent %s × %s', gift.quantity, chosen.name), sent.id);

  insert into public.stream_supporters as s (stream_id, user_id, coins, gifts)
  values (stream, sender, cost, gift.quantity)
  on conflict (stream_id, user_id) do update
  set coins = s.coins + excluded.coins,
      gifts = s.gifts + excluded.gifts,
      updated_at = now();

  response := jsonb_build_object(
    'stream_gift', jsonb_build_object(
      'id', sent.id,
      'stream_id', stream,
      'sender_id', sender,
      'transfer_id', sent.transfer_id,
      'quantity', sent.quantity,
      'total_coins', sent.total_coins,
      'created_at', sent.created_at
    ),
    'gift', to_jsonb(chosen) - 'is_active',
    'balance', ledger.balance_of(sender)
  );

  insert into public.outbox (topic, event, payload)
  values (
    'stream:' || stream,
    'gift',
    jsonb_build_object(
      'streamGiftId', sent.id,
      'sender', jsonb_build_object(
        'id', sender,
        'username', giver.username,
        'displayName', giver.display_name,
        'avatarUrl', giver.avatar_url
      ),
      'gift', jsonb_build_object('id', chosen.id, 'name', chosen.name, 'animation', chosen.animation),
      'quantity', sent.quantity,
      'totalCoins', sent.total_coins
    )
  );
  perform ledger.remember(sender, 'gift', key, response);
end
$$;

alter table public.streams enable row level security;
alter table public.stream_stats enable row level security;
alter table public.stream_viewers enable row level security;
alter table public.stream_bans enable row level security;
alter table public.stream_tickets enable row level security;
alter table public.virtual_gifts enable row level security;
alter table public.stream_gifts enable row level security;
alter table public.stream_messages enable row level security;
alter table public.stream_supporters enable row level security;
alter table public.outbox enable row level security;

-- Streams are served by the backend; over REST a participant may read their own tickets and gifts.
grant select on public.stream_tickets, public.stream_gifts to authenticated;
create policy stream_tickets_read_own on public.stream_tickets
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));
create policy stream_gifts_read_own on public.stream_gifts
  for select to authenticated
  using (sender_id = (select auth.uid()) and (select private.is_active()));

grant select on public.virtual_gifts to anon, authenticated;
create policy virtual_gifts_read on public.virtual_gifts
  for select to anon, authenticated
  using (is_active);

grant select on
  public.streams, public.stream_stats, public.stream_viewers, public.stream_bans, public.stream_tickets,
  public.virtual_gifts, public.stream_gifts, public.stream_messages, public.stream_supporters
  to limelight_backend;
create policy streams_backend on public.streams for select to limelight_backend using (true);
create policy stream_stats_backend on public.stream_stats for select to limelight_backend using (true);
create policy stream_viewers_backend on public.stream_viewers for select to limelight_backend using (true);
create policy stream_bans_backend on public.stream_bans for select to limelight_backend using (true);
create policy stream_tickets_backend on public.stream_tickets for select to limelight_backend using (true);
create policy virtual_gifts_backend on public.virtual_gifts for select to limelight_backend using (true);
create policy stream_gifts_backend on public.stream_gifts for select to limelight_backend using (true);
create policy stream_messages_backend on public.stream_messages for select to limelight_backend using (true);
create policy stream_supporters_backend on public.stream_supporters for select to limelight_backend using (true);

grant execute on function
  private.stream_access(uuid, uuid),
  private.require_stream_access(uuid, uuid),
  private.fail(integer, text, jsonb),
  private.create_stream(uuid, text, text, text, text[], text, text, timestamptz, bigint),
  private.join_stream(uuid, uuid),
  private.leave_stream(uuid, uuid),
  private.see_viewer(uuid, uuid),
  private.see_host(uuid, uuid),
  private.end_stream(uuid, uuid),
  private.sweep_streams(integer),
  ledger.gift(uuid, uuid, uuid, integer, text, text, text)
  to limelight_backend;

insert into public.virtual_gifts (id, name, price, rarity, animation)
values
  ('00000000-0000-4000-8000-000000000001', 'Rose', 1, 'common', 'float'),
  ('00000000-0000-4000-8000-000000000002', 'Heart', 2, 'common', 'float'),
  ('00000000-0000-4000-8000-000000000003', 'Star', 5, 'rare', 'burst'),
  ('00000000-0000-4000-8000-000000000004', 'Fire', 10, 'rare', 'burst'),
  ('00000000-0000-4000-8000-000000000005', 'Diamond', 20, 'epic', 'burst'),
  ('00000000-0000-4000-8000-000000000006', 'Rocket', 50, 'epic', 'fireworks'),
  ('00000000-0000-4000-8000-000000000007', 'Crown', 100, 'legendary', 'fireworks'),
  ('00000000-0000-4000-8000-000000000008', 'Mansion', 500, 'legendary', 'confetti');
