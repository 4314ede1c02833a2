-- The chat: who may write, how often, and what a host may do about it.

-- How slow a stream's chat is, beside the stream and not in it: every line reads it, and it changes
-- when the stream is at its busiest. Without a row there is no slow mode.
create table public.stream_slow_modes (
  stream_id uuid primary key
    references public.streams (id) on delete cascade,
  seconds integer not null
    check (seconds in (0, 5, 10, 15, 30, 60, 120, 300)),
  updated_at timestamptz not null default private.now()
);

create table public.stream_timeouts (
  stream_id uuid not null
    references public.streams (id) on delete cascade,
  user_id uuid not null
    references public.users (id) on delete cascade,
  created_at timestamptz not null default private.now(),
  ends_at timestamptz not null,
  primary key (stream_id, user_id),
  check (ends_at > created_at)
);

create index stream_timeouts_user on public.stream_timeouts (user_id);

-- One row for each user who has written, or whom the host has dealt with. Two lines of one user take
-- turns at it, and so do a line and the ban of its author; nobody waits for anybody else's.
create table public.stream_chatters (
  stream_id uuid not null
    references public.streams (id) on delete cascade,
  user_id uuid not null
    references public.users (id) on delete cascade,
  said_at timestamptz,
  primary key (stream_id, user_id)
) with (fillfactor = 70);

create index stream_chatters_user on public.stream_chatters (user_id);

-- A moment as the API writes it, for events.
create function private.in_utc(moment timestamptz)
returns text
language sql
stable
set search_path = ''
as $$
  select to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
$$;

-- How long somebody has to wait, for the problem's body: whole seconds, rounded up.
create function private.remaining(until timestamptz)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'remainingSeconds', ceil(extract(epoch from until - private.now()))::integer
  )
$$;

-- Waits until nothing else is being decided about this user in this chat; until the transaction ends,
-- nothing else is. Answers when they last wrote.
create function private.take_turn(stream uuid, person uuid)
returns timestamptz
language plpgsql
set search_path = ''
as $$
declare
  said timestamptz;
begin
  insert into public.stream_chatters (stream_id, user_id)
  values (stream, person)
  on conflict do nothing;

  select c.said_at into said
  from public.stream_chatters c
  where c.stream_id = stream
    and c.user_id = person
  for no key update;
  return said;
end
$$;

-- Fails unless the author, who has access, may write now; notes that they do. The host is exempt from
-- what a host decides. A ban is looked for again: it may have come while this waited for its turn.
create function private.take_the_floor(stream uuid, author uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  said timestamptz;
  silent_until timestamptz;
begin
  if exists (select from public.streams s where s.id = stream and s.creator_id = author) then
    return;
  end if;

  said := private.take_turn(stream, author);
  if exists (select from public.stream_bans b where b.stream_id = stream and b.user_id = author) then
    perform private.fail(403, 'banned');
  end if;

  select t.ends_at into silent_until
  from public.stream_timeouts t
  where t.stream_id = stream
    and t.user_id = author;
  if silent_until > private.now() then
    perform private.fail(403, 'timed_out', private.remaining(silent_until));
  end if;

  select said + make_interval(secs => m.seconds) into silent_until
  from public.stream_slow_modes m
  where m.stream_id = stream;
  if silent_until > private.now() then
    perform private.fail(429, 'slow_mode', private.remaining(silent_until));
  end if;

  update public.stream_chatters c
  set said_at = private.now()
  where c.stream_id = stream
    and c.user_id = author;
end
$$;

-- Writes a line of the chat, and answers it as listeners hear it.
create function private.say(stream uuid, author uuid, content text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  line public.stream_messages;
  shown jsonb;
begin
  perform private.require_stream_access(stream, author);
  perform private.require_live(stream);
  perform private.take_the_floor(stream, author);

  insert into public.stream_messages (stream_id, user_id, kind, content, created_at)
  values (stream, author, 'chat', say.content, private.now())
  returning * into line;

  shown := jsonb_build_object(
    'id', line.id,
    'user', private.mini_user(author),
    'kind', line.kind,
    'content', line.content,
    'createdAt', private.in_utc(line.created_at)
  );
  perform private.tell('stream:' || stream, 'chat', shown);
  return shown;
end
$$;

-- Takes a line back: its author may, banned or not, and the stream's owner. The line of a gift or a tip
-- is its receipt, and stays.
create function private.delete_line(stream uuid, line uuid, caller uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  verdict text := private.stream_access(stream, caller);
  written public.stream_messages;
begin
  if verdict = 'not_found' then
    perform private.fail(404, 'not_found');
  end if;
  select * into written
  from public.stream_messages m
  where m.id = line
    and m.stream_id = stream
  for update;
  if verdict <> 'owner' and written.user_id is distinct from caller then
    perform private.require_stream_access(stream, caller);
  end if;
  if written.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if verdict <> 'owner' and written.user_id <> caller then
    perform private.fail(403, 'not_author');
  end if;
  if written.kind <> 'chat' then
    perform private.fail(409, 'message_kept');
  end if;

  delete from public.stream_messages m where m.id = line;
  perform private.tell('stream:' || stream, 'chat_deleted', jsonb_build_object('id', line));
end
$$;

-- Fails unless the caller owns the stream, and the viewer is somebody, and somebody else.
create function private.require_host_over(stream uuid, caller uuid, viewer uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  if viewer = caller then
    perform private.fail(403, 'own_account');
  end if;
  if not exists (select from public.users u where u.id = viewer and u.status <> 'deleted') then
    perform private.fail(404, 'not_found');
  end if;
end
$$;

-- Bans a viewer from the stream: they leave at once, and the access rule keeps them out. Answers since
-- when. Once this has committed no line of theirs is written any more: one that was being written had its
-- turn first. Locks the chatter before the viewer, and the viewer before the figures, as a join does.
create function private.ban_viewer(stream uuid, caller uuid, viewer uuid)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  banned_at timestamptz;
begin
  perform private.require_host_over(stream, caller, viewer);
  perform private.take_turn(stream, viewer);

  insert into public.stream_bans (stream_id, user_id, created_at)
  values (stream, viewer, private.now())
  on conflict do nothing;
  select b.created_at into banned_at
  from public.stream_bans b
  where b.stream_id = stream
    and b.user_id = viewer;

  update public.stream_viewers v
  set left_at = private.now()
  where v.stream_id = stream
    and v.user_id = viewer
    and v.left_at is null;
  if found then
    perform private.count_viewers(stream);
  end if;
  return banned_at;
end
$$;

create function private.unban_viewer(stream uuid, caller uuid, viewer uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  delete from public.stream_bans b
  where b.stream_id = stream
    and b.user_id = viewer;
  if not found then
    perform private.fail(409, 'not_banned');
  end if;
end
$$;

-- Keeps a viewer from writing for a while, in place of an earlier while; answers until when.
create function private.time_out_viewer(stream uuid, caller uuid, viewer uuid, minutes integer)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  silent_until timestamptz := private.now() + make_interval(mins => minutes);
begin
  perform private.require_host_over(stream, caller, viewer);
  perform private.take_turn(stream, viewer);
  insert into public.stream_timeouts as t (stream_id, user_id, created_at, ends_at)
  values (stream, viewer, private.now(), silent_until)
  on conflict (stream_id, user_id) do update
  set created_at = excluded.created_at,
      ends_at = excluded.ends_at;
  return silent_until;
end
$$;

-- Sets how many seconds lie between two lines of one viewer. Setting what is set is told to nobody.
create function private.set_slow_mode(stream uuid, caller uuid, seconds integer)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  insert into public.stream_slow_modes as m (stream_id, seconds)
  values (stream, set_slow_mode.seconds)
  on conflict (stream_id) do update
  set seconds = excluded.seconds,
      updated_at = excluded.updated_at
  where m.seconds <> excluded.seconds;
  if found then
    perform private.tell(
      'stream:' || stream, 'slow_mode', jsonb_build_object('seconds', set_slow_mode.seconds)
    );
  end if;
end
$$;

alter table public.stream_slow_modes enable row level security;
alter table public.stream_timeouts enable row level security;
alter table public.stream_chatters enable row level security;

grant select on public.stream_slow_modes, public.stream_timeouts, public.stream_chatters
  to limelight_backend;
create policy stream_slow_modes_backend on public.stream_slow_modes
  for select to limelight_backend using (true);
create policy stream_timeouts_backend on public.stream_timeouts
  for select to limelight_backend using (true);
create policy stream_chatters_backend on public.stream_chatters
  for select to limelight_backend using (true);

grant execute on function
  private.say(uuid, uuid, text),
  private.delete_line(uuid, uuid, uuid),
  private.ban_viewer(uuid, uuid, uuid),
  private.unban_viewer(uuid, uuid, uuid),
  private.time_out_viewer(uuid, uuid, uuid, integer),
  private.set_slow_mode(uuid, uuid, integer)
  to limelight_backend;
