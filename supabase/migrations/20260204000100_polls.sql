-- Polls: one open at a time, one vote a user, and figures that are exact whoever votes at once.

-- A poll ends by its time, its host or its stream, whichever comes first. Past `ends_at` nobody votes any
-- more; `is_open` falls with the next one to notice, who then counts and tells the result.
create table public.stream_polls (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null
    references public.streams (id) on delete cascade,
  question text not null
    check (length(question) between 1 and 200),
  is_open boolean not null default true,
  created_at timestamptz not null default private.now(),
  ends_at timestamptz not null,
  told_at timestamptz not null default private.now(),
  told_votes bigint not null default 0
    check (told_votes >= 0),
  check (ends_at between created_at and created_at + interval '1 hour')
) with (fillfactor = 70);

create unique index stream_polls_one_open on public.stream_polls (stream_id) where is_open;
create index stream_polls_newest on public.stream_polls (stream_id, created_at desc, id desc);
create index stream_polls_due on public.stream_polls (ends_at) where is_open;

-- `votes` is what has been folded: all of them once the poll is closed, none before.
create table public.stream_poll_options (
  id uuid primary key default gen_random_uuid(),
  poll_id uuid not null
    references public.stream_polls (id) on delete cascade,
  position integer not null
    check (position between 1 and 4),
  label text not null
    check (length(label) between 1 and 100),
  votes bigint not null default 0
    check (votes >= 0),
  unique (poll_id, position),
  unique (poll_id, label),
  unique (id, poll_id)
) with (fillfactor = 70);

create table public.stream_poll_votes (
  poll_id uuid not null,
  user_id uuid not null
    references public.users (id) on delete restrict,
  option_id uuid not null,
  created_at timestamptz not null default private.now(),
  primary key (poll_id, user_id),
  foreign key (option_id, poll_id)
    references public.stream_poll_options (id, poll_id) on delete cascade
);

create index stream_poll_votes_option on public.stream_poll_votes (option_id, poll_id);
create index stream_poll_votes_user on public.stream_poll_votes (user_id);

-- The votes of open polls, counted in pieces: voters for one option do not queue on one row. A piece
-- changes with the vote that it counts, so that all of them add up to the votes in every snapshot.
create table public.stream_poll_tallies (
  option_id uuid not null
    references public.stream_poll_options (id) on delete cascade,
  piece integer not null
    check (piece between 0 and 31),
  votes bigint not null
    check (votes >= 1),
  primary key (option_id, piece)
) with (fillfactor = 50);

-- A poll as its event tells it. In PL/pgSQL, whose plans are kept with the connection: every vote asks.
create function private.show_poll(poll uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
        'id', p.id,
        'streamId', p.stream_id,
        'question', p.question,
        'options', jsonb_agg(
          jsonb_build_object('id', o.id, 'label', o.label, 'votes', o.votes + t.votes) order by o.position
        ),
        'totalVotes', sum(o.votes + t.votes)::bigint,
        'isOpen', p.is_open and p.ends_at > private.now(),
        'createdAt', private.in_utc(p.created_at),
        'endsAt', private.in_utc(p.ends_at)
      )
    from public.stream_polls p
    join public.stream_poll_options o on o.poll_id = p.id
    cross join lateral (
      select coalesce(sum(x.votes), 0)::bigint as votes
      from public.stream_poll_tallies x
      where x.option_id = o.id
    ) t
    where p.id = poll
    group by p.id
  );
end
$$;

-- A poll as a viewer sees it: with their own vote.
create function private.show_poll_to(poll uuid, viewer uuid)
returns jsonb
language plpgsql
stable
set search_path = ''
as $$
begin
  return private.show_poll(poll) || jsonb_build_object(
    'myVote',
    (
      select v.option_id
      from public.stream_poll_votes v
      where v.poll_id = poll
        and v.user_id = viewer
    )
  );
end
$$;

-- Tells listeners the figures of now.
create function private.tell_poll(poll uuid)
returns void
language plpgsql
set search_path = ''
as $$
declare
  shown jsonb := private.show_poll(poll);
begin
  update public.stream_polls p
  set told_at = private.now(),
      told_votes = (shown ->> 'totalVotes')::bigint
  where p.id = poll;
  perform private.tell('stream:' || (shown ->> 'streamId'), 'poll', shown);
end
$$;

-- What the voters of a poll hold together, and whoever closes it holds alone. Not a lock of its row, where
-- newcomers to a shared lock overtake whoever waits to be alone: a storm of votes would keep the poll open.
create function private.poll_lock(poll uuid)
returns bigint
language sql
immutable
set search_path = ''
as $$
  select hashtextextended('poll ' || poll::text, 0)
$$;

-- Closes a poll once, after every vote that is being cast: counts the pieces together and tells the
-- result. True when this call did it. The time is that of the transaction's start, which may lie before the
-- poll was opened: whoever ends a stream waits for a poll that is being opened in it.
create function private.close_poll(poll uuid)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(private.poll_lock(poll));
  update public.stream_polls p
  set is_open = false,
      ends_at = least(p.ends_at, greatest(p.created_at, private.now()))
  where p.id = poll
    and p.is_open;
  if not found then
    return false;
  end if;

  with counted as (
    delete from public.stream_poll_tallies t
    using public.stream_poll_options o
    where o.poll_id = poll
      and t.option_id = o.id
    returning t.option_id, t.votes
  )
  update public.stream_poll_options o
  set votes = c.votes
  from (
    select option_id, sum(votes) as votes
    from counted
    group by option_id
  ) c
  where o.id = c.option_id;
  perform private.tell_poll(poll);
  return true;
end
$$;

-- Opens a poll with these options, in their order. The stream's row is shared with whoever only uses it
-- and not with whoever ends it: a poll is opened before the end, and closed by it, or not at all.
create function private.open_poll(
  stream uuid,
  caller uuid,
  question text,
  options text[],
  duration_seconds integer
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  opened uuid;
  still_open uuid;
begin
  perform private.require_stream_owner(stream, caller);
  perform from public.streams s where s.id = stream and s.status = 'live' for share;
  if not found then
    perform private.fail(409, 'stream_not_live');
  end if;

  perform private.close_poll(p.id)
  from public.stream_polls p
  where p.stream_id = stream
    and p.is_open
    and p.ends_at <= private.now();
  insert into public.stream_polls (stream_id, question, ends_at)
  values (stream, open_poll.question, private.now() + make_interval(secs => duration_seconds))
  on conflict (stream_id) where is_open do nothing
  returning id into opened;
  if opened is null then
    select p.id into still_open from public.stream_polls p where p.stream_id = stream and p.is_open;
    perform private.fail(409, 'poll_open', jsonb_build_object('pollId', still_open));
  end if;

  insert into public.stream_poll_options (poll_id, position, label)
  select opened, o.position, o.label
  from unnest(options) with ordinality as o (label, position);
  perform private.tell_poll(opened);
  return private.show_poll_to(opened, caller);
end
$$;

-- A vote, once a user. Each connection of the pool counts in a piece of its own, so that votes seldom meet;
-- the new figures are told at most every two seconds, by the first vote that comes then.
create function private.vote(stream uuid, voter uuid, poll uuid, option uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  asked public.stream_polls;
begin
  perform private.require_stream_access(stream, voter);
  perform private.require_live(stream);
  perform pg_advisory_xact_lock_shared(private.poll_lock(poll));

  select * into asked from public.stream_polls p where p.id = poll and p.stream_id = stream;
  if asked.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if not asked.is_open or asked.ends_at <= private.now() then
    perform private.fail(409, 'poll_closed');
  end if;
  if not exists (
    select from public.stream_poll_options o where o.id = option and o.poll_id = poll
  ) then
    perform private.fail(404, 'option_not_found');
  end if;

  insert into public.stream_poll_votes (poll_id, user_id, option_id)
  values (poll, voter, option)
  on conflict (poll_id, user_id) do nothing;
  if not found then
    perform private.fail(
      409,
      'already_voted',
      (
        select jsonb_build_object('optionId', v.option_id)
        from public.stream_poll_votes v
        where v.poll_id = poll
          and v.user_id = voter
      )
    );
  end if;
  insert into public.stream_poll_tallies as t (option_id, piece, votes)
  values (option, pg_backend_pid() % 32, 1)
  on conflict (option_id, piece) do update
  set votes = t.votes + 1;

  perform
  from public.stream_polls p
  where p.id = poll
    and p.told_at <= private.now() - interval '2 seconds'
  for no key update skip locked;
  if found then
    perform private.tell_poll(poll);
  end if;
  return private.show_poll_to(poll, voter);
end
$$;

-- Ends a poll before its time; ending it again changes nothing.
create function private.end_poll(stream uuid, caller uuid, poll uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  if not exists (select from public.stream_polls p where p.id = poll and p.stream_id = stream) then
    perform private.fail(404, 'not_found');
  end if;
  perform private.close_poll(poll);
  return private.show_poll_to(poll, caller);
end
$$;

-- However a stream ends, its poll ends with it: before the end is told, and with the stream's row locked,
-- so that a poll which was being opened meanwhile is seen here.
create function private.close_polls_of_stream()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform private.close_poll(p.id)
  from public.stream_polls p
  where p.stream_id = new.id
    and p.is_open;
  return new;
end
$$;

create trigger streams_close_polls before update of status on public.streams
  for each row when (new.status = 'ended' and old.status <> 'ended')
  execute function private.close_polls_of_stream();

-- The sweep: closes the polls whose time is over, and tells the last figures of a poll that nobody votes
-- in any more. Bounded per call. It never waits for a poll's lock, so it can hold many.
create function private.sweep_polls(batch integer)
returns table (swept uuid)
language plpgsql
security definer
set search_path = ''
as $$
begin
  for swept in
    select p.id
    from public.stream_polls p
    where p.is_open
      and p.ends_at <= private.now()
    order by p.ends_at
    limit batch
  loop
    if pg_try_advisory_xact_lock(private.poll_lock(swept)) and private.close_poll(swept) then
      return next;
    end if;
  end loop;

  for swept in
    select p.id
    from public.stream_polls p
    where p.is_open
      and p.ends_at > private.now()
      and p.told_at <= private.now() - interval '2 seconds'
      and p.told_votes < (
        select sum(t.votes)
        from public.stream_poll_options o
        join public.stream_poll_tallies t on t.option_id = o.id
        where o.poll_id = p.id
      )
    limit batch
    for no key update skip locked
  loop
    perform private.tell_poll(swept);
    return next;
  end loop;
end
$$;

alter table public.stream_polls enable row level security;
alter table public.stream_poll_options enable row level security;
alter table public.stream_poll_votes enable row level security;
alter table public.stream_poll_tallies enable row level security;

grant select on
  public.stream_polls, public.stream_poll_options, public.stream_poll_votes, public.stream_poll_tallies
  to limelight_backend;
create policy stream_polls_backend on public.stream_polls
  for select to limelight_backend using (true);
create policy stream_poll_options_backend on public.stream_poll_options
  for select to limelight_backend using (true);
create policy stream_poll_votes_backend on public.stream_poll_votes
  for select to limelight_backend using (true);
create policy stream_poll_tallies_backend on public.stream_poll_tallies
  for select to limelight_backend using (true);

grant execute on function
  private.in_utc(timestamptz),
  private.show_poll(uuid),
  private.show_poll_to(uuid, uuid),
  private.open_poll(uuid, uuid, text, text[], integer),
  private.vote(uuid, uuid, uuid, uuid),
  private.end_poll(uuid, uuid, uuid),
  private.sweep_polls(integer)
  to limelight_backend;
