-- What becomes of what somebody had open who was suspended or deleted: calls, live streams, shows.
--
-- The change of the account only notes it, whoever makes the change and however, and moves no coin; the job
-- `enforce_suspensions` does the rest within a minute. What it has to look at is a queue and not all that is
-- open: thousands of shows may be planned, and in most minutes none of them has to do with a suspension.
--
-- The queue needs no second look, because nobody opens anything while their account is being shut out:
-- whoever opens holds the account as it is (private.require_account) until that is committed, so that a
-- suspension waits for it, and the job finds it.

create table private.shut_out (
  user_id uuid primary key
    references public.users (id) on delete cascade,
  since timestamptz not null default private.now()
);

create index shut_out_oldest on private.shut_out (since, user_id);

alter table private.shut_out enable row level security;

-- Who was suspended before there was a queue may have shows on; who has nothing leaves at the first run.
insert into private.shut_out (user_id)
select u.id
from public.users u
where u.status <> 'active';

drop trigger users_leave_calls on public.users;
drop function private.leave_open_calls();

create function private.note_shut_out()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if new.status = 'active' then
    delete from private.shut_out q where q.user_id = new.id;
  else
    insert into private.shut_out (user_id)
    values (new.id)
    on conflict do nothing;
  end if;
  return null;
end
$$;

create trigger users_note_shut_out after update of status on public.users
  for each row when (new.status is distinct from old.status)
  execute function private.note_shut_out();

-- Fails unless the account is active. It stays so until this transaction ends: a suspension waits.
create function private.require_account(person uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.users u
  where u.id = person
    and u.status = 'active'
  for share;
  if not found then
    perform private.fail(403, 'account_suspended');
  end if;
end
$$;

-- The job

create function private.due_suspensions(batch integer)
returns table (user_id uuid)
language sql
stable
security definer
set search_path = ''
as $$
  select q.user_id
  from private.shut_out q
  order by q.since, q.user_id
  limit batch
$$;

-- Closes every open call of somebody who may no longer take part, up to `batch`: what never started is
-- cancelled, what is under way is ended and billed. Answers how many. Calls, then holds, then wallets, each
-- in one order. They are looked up first, each side along its index, and then locked, as those that are open
-- still: asked for both at once, the planner might go through all calls in the order of the locks.
drop function private.cancel_open_calls(uuid, text);

create function private.cancel_open_calls(
  member uuid,
  request_id text default 'suspension',
  batch integer default null
)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  theirs uuid[];
  locked uuid[];
  taken public.calls;
begin
  theirs := array(
    select f.id
    from public.calls f
    where f.fan_id = member
      and f.status in ('pending', 'accepted', 'active')
    union all
    select k.id
    from public.calls k
    where k.creator_id = member
      and k.status in ('pending', 'accepted', 'active')
  );
  locked := array(
    select c.id
    from public.calls c
    where c.id = any (theirs)
      and c.status in ('pending', 'accepted', 'active')
    order by c.id
    limit batch
    for no key update
  );
  perform
  from public.holds h
  join public.calls c on c.hold_id = h.id
  where c.id = any (locked)
  order by h.id
  for no key update of h;

  for taken in
    select c.*
    from public.calls c
    join public.wallets w on w.user_id = c.fan_id
    where c.id = any (locked)
    order by w.id
  loop
    perform ledger.close_call(taken, 'suspend', 'platform', request_id);
  end loop;
  return cardinality(locked);
end
$$;

-- Cancels what a creator still has on, scheduled or live, and refunds it, up to `batch` shows; answers how
-- many. Nobody is paid for a show that the platform cut short. They are looked up and then locked, as above, and
-- one that is over by then is left alone.
drop function private.cancel_shows_of(uuid, text);

create function private.cancel_shows_of(
  creator uuid,
  request_id text default 'suspension',
  batch integer default null
)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  theirs uuid[];
  held uuid;
  cancelled integer := 0;
begin
  theirs := array(
    select s.id
    from public.shows s
    where s.creator_id = creator
      and s.status in ('live', 'scheduled')
  );
  for held in
    select s.id
    from public.shows s
    where s.id = any (theirs)
      and s.status in ('live', 'scheduled')
    order by s.id
    limit batch
    for no key update
  loop
    perform ledger.call_off_show(held, 'suspend', request_id);
    cancelled := cancelled + 1;
  end loop;
  return cancelled;
end
$$;

-- One step in closing what somebody who was shut out still has open; answers how much it closed. 0 is the
-- last: nothing is left and the account leaves the queue, or somebody else is at it. A step is a transaction
-- with one kind of thing in it, streams, calls or a show: of two kinds, the second's rows would be locked
-- after the first's wallets, which somebody who does it in the right order may be waiting for. A show comes
-- alone, as it may have 50,000 tickets to refund.
create function ledger.enforce_suspension(member uuid, batch integer, request_id text)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  closed integer;
begin
  perform from private.shut_out q where q.user_id = member for update skip locked;
  if not found then
    return 0;
  end if;

  select count(*) into closed
  from private.end_streams(
    array(select s.id from public.streams s where s.creator_id = member and s.status = 'live')
  );
  if closed = 0 then
    closed := private.cancel_open_calls(member, request_id, batch);
  end if;
  if closed = 0 then
    closed := private.cancel_shows_of(member, request_id, 1);
  end if;
  if closed = 0 then
    delete from private.shut_out q where q.user_id = member;
  end if;
  return closed;
end
$$;

grant execute on function
  private.due_suspensions(integer),
  ledger.enforce_suspension(uuid, integer, text)
  to limelight_backend;

-- Who opens something, whatever the kernel still believes of the account

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
  perform private.require_account(creator);
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
create or replace function private.start_stream(stream uuid, caller uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  perform private.require_account(caller);

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

create or replace function private.create_show(
  creator uuid,
  title text,
  description text,
  show_type text,
  ticket_price bigint,
  max_tickets integer,
  scheduled_start timestamptz,
  duration_minutes integer,
  cover_image_url text,
  trailer_url text,
  is_private boolean,
  tags text[]
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  show uuid;
begin
  perform private.require_account(creator);
  perform private.require_show_start(create_show.scheduled_start);
  insert into public.shows (
    creator_id, title, description, show_type, ticket_price, max_tickets, scheduled_start,
    duration_minutes, cover_image_url, trailer_url, is_private, tags
  )
  values (
    creator, create_show.title, create_show.description, create_show.show_type, create_show.ticket_price,
    create_show.max_tickets, create_show.scheduled_start, create_show.duration_minutes,
    create_show.cover_image_url, create_show.trailer_url, create_show.is_private, create_show.tags
  )
  returning id into show;
  return show;
end
$$;

-- Goes live; starting again changes nothing. The account comes before the show in the order of locks.
create or replace function private.start_show(show uuid, caller uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  present public.shows;
begin
  perform private.require_show_ownership(show, caller);
  perform private.require_account(caller);
  present := private.lock_own_show(show, caller);
  if present.status = 'live' then
    return;
  end if;
  update public.shows s
  set status = private.show_status_after(present, 'start'),
      started_at = private.now()
  where s.id = show;
end
$$;

-- Lets the owner, or the holder of a valid ticket, into a live show; a holder's first join checks in. What the
-- job is about to cancel is live no more.
create or replace function private.join_show(
  show uuid,
  caller uuid,
  out room_name text,
  out is_owner boolean,
  out ticket_number integer,
  out checked_in_at timestamptz
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  joined public.shows;
  ticket public.show_tickets;
begin
  perform private.require_show_access(show, caller);
  select * into joined from public.shows s where s.id = show;
  select * into ticket
  from public.show_tickets t
  where t.show_id = show
    and t.user_id = caller
    and t.status = 'valid';
  if ticket.id is null and joined.creator_id <> caller then
    perform private.fail(403, 'ticket_required', jsonb_build_object('ticketPrice', joined.ticket_price));
  end if;
  if joined.status <> 'live' or not private.is_listed(joined.creator_id) then
    perform private.fail(409, 'show_not_live', jsonb_build_object('showStatus', joined.status));
  end if;

  if ticket.checked_in_at is null then
    -- Of two first joins at once the earlier counts: the later finds its time here.
    update public.show_tickets t
    set checked_in_at = coalesce(t.checked_in_at, private.now())
    where t.id = ticket.id
    returning * into ticket;
  end if;
  room_name := joined.room_name;
  is_owner := joined.creator_id = caller;
  ticket_number := ticket.number;
  checked_in_at := ticket.checked_in_at;
end
$$;

-- Fails when a call may not go on between these two: the caller or the other was shut out, though the job has
-- not come by yet, or one has blocked the other. Hanging up does not ask.
create function private.require_parties(taken public.calls, caller uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if exists (select from public.users u where u.id = caller and u.status <> 'active') then
    perform private.fail(403, 'account_suspended');
  end if;
  if private.is_blocked(taken.fan_id, taken.creator_id) then
    perform private.fail(403, 'blocked');
  end if;
  if exists (
    select
    from public.users u
    where u.id in (taken.fan_id, taken.creator_id)
      and u.status <> 'active'
  ) then
    perform private.fail(409, 'call_expired');
  end if;
end
$$;

create or replace function private.accept_call(call uuid, caller uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  taken public.calls := private.take_call(call, caller);
  onward text := private.next_call_status(taken, 'accept', private.call_side(taken, caller));
begin
  if onward is not null then
    perform private.require_parties(taken, caller);
    perform private.advance_call(taken, onward);
  end if;
  return private.call_answer(call);
end
$$;

-- A party is in the room. Billing starts when both are: the first time of each counts.
create or replace function private.start_call(call uuid, caller uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  taken public.calls := private.take_call(call, caller);
  side text := private.call_side(taken, caller);
  onward text := private.next_call_status(taken, 'start', side);
  moment timestamptz := private.call_moment(taken);
  joined public.calls;
begin
  if onward is null then
    return private.call_answer(call);
  end if;
  perform private.require_parties(taken, caller);

  update public.calls c
  set fan_joined_at = case side when 'fan' then moment else c.fan_joined_at end,
      creator_joined_at = case side when 'creator' then moment else c.creator_joined_at end
  where c.id = call
    and case side when 'fan' then c.fan_joined_at else c.creator_joined_at end is null
  returning * into joined;
  if joined.fan_joined_at is not null and joined.creator_joined_at is not null then
    perform private.advance_call(joined, onward);
  elsif joined.id is not null then
    perform private.tell_call(joined);
  end if;
  return private.call_answer(call);
end
$$;

-- True for a party to a call that both may enter now, else it fails: the one-time filter of whoever
-- opens the room.
create or replace function private.require_call_room(call uuid, caller uuid)
returns boolean
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  found_call public.calls;
begin
  select * into found_call
  from public.calls c
  where c.id = call
    and caller in (c.fan_id, c.creator_id);
  if found_call.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if found_call.status not in ('accepted', 'active') then
    perform private.fail(409, 'call_state', jsonb_build_object('callStatus', found_call.status));
  end if;
  if found_call.expires_at <= private.now() then
    perform private.fail(409, 'call_expired');
  end if;
  perform private.require_parties(found_call, caller);
  return true;
end
$$;

drop function private.require_no_block(public.calls);
