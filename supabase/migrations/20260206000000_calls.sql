-- Paid calls: a fan asks a creator for one, coins are set aside, both join, and who hangs up bills it.
--
-- What may become of a call is one table, private.call_transitions: the functions ask it, a trigger
-- holds every write to it, and docs/state-machines.md is drawn from it. Locks are taken in the order of
-- the whole ledger: idempotency key, accounts, call, hold, wallets.

-- A null from_status is a call that is yet to be. `actor` is who may: one side, either (party), or the
-- platform by itself. `after` is how long a status lasts before the platform acts.
create table private.call_transitions (
  from_status text,
  to_status text not null,
  action text not null,
  actor text not null
    check (actor in ('fan', 'creator', 'party', 'platform')),
  after interval
    check (after > interval '0'),
  unique nulls not distinct (from_status, action)
);

insert into private.call_transitions (from_status, to_status, action, actor, after)
values
  (null, 'pending', 'request', 'fan', null),
  ('pending', 'accepted', 'accept', 'creator', null),
  ('pending', 'rejected', 'reject', 'creator', null),
  ('pending', 'cancelled', 'cancel', 'party', null),
  ('pending', 'missed', 'expire', 'platform', '5 minutes'),
  ('pending', 'cancelled', 'suspend', 'platform', null),
  ('accepted', 'active', 'start', 'party', null),
  ('accepted', 'cancelled', 'cancel', 'party', null),
  ('accepted', 'cancelled', 'end', 'party', null),
  ('accepted', 'cancelled', 'expire', 'platform', '30 minutes'),
  ('accepted', 'cancelled', 'suspend', 'platform', null),
  ('active', 'completed', 'end', 'party', null),
  ('active', 'completed', 'expire', 'platform', '240 minutes'),
  ('active', 'completed', 'run_out', 'platform', null),
  ('active', 'completed', 'suspend', 'platform', null);

-- What is billed of a call that lasted so many whole seconds: every minute that was begun, and never
-- less than the minimum.
create function private.billed_minutes(seconds bigint, minimum integer)
returns integer
language sql
immutable
parallel safe
set search_path = ''
as $$
  select greatest(ceil(seconds / 60.0)::integer, minimum)
$$;

create table public.calls (
  id uuid primary key default gen_random_uuid(),
  fan_id uuid not null
    references public.users (id) on delete restrict,
  creator_id uuid not null
    references public.users (id) on delete restrict,
  status text not null default 'pending'
    check (status in (
      'pending', 'accepted', 'active', 'completed', 'rejected', 'missed', 'cancelled'
    )),
  rate_per_minute bigint not null
    check (rate_per_minute >= 1),
  minimum_minutes integer not null
    check (minimum_minutes >= 1),
  estimated_minutes integer not null
    check (estimated_minutes >= minimum_minutes),
  room_name text not null unique default 'call_' || replace(gen_random_uuid()::text, '-', ''),
  -- Null only inside the transaction that opens the call: the hold comes after the call (order of locks).
  hold_id uuid unique
    references public.holds (id) on delete restrict,
  requested_at timestamptz not null default private.now(),
  accepted_at timestamptz,
  fan_joined_at timestamptz,
  creator_joined_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  -- While it is open: when the platform acts, if nobody else does.
  expires_at timestamptz,
  -- While it is active: the end of the last minute that the hold pays for.
  covered_until timestamptz,
  ended_by text
    check (ended_by in ('fan', 'creator', 'platform')),
  end_reason text
    check (end_reason in ('reject', 'cancel', 'end', 'expire', 'run_out', 'suspend')),
  billed_minutes integer not null default 0,
  charged bigint not null default 0
    check (charged >= 0),
  shortfall bigint not null default 0
    check (shortfall >= 0),
  transfer_id uuid unique
    references public.transfers (id) on delete restrict,
  check (fan_id <> creator_id),
  check ((status in ('pending', 'accepted', 'active')) = (ended_at is null)),
  check ((ended_at is null) = (expires_at is not null)),
  check ((ended_at is null) = (end_reason is null)),
  check ((ended_at is null) = (ended_by is null)),
  check (status not in ('accepted', 'active', 'completed') or accepted_at is not null),
  check (status not in ('pending', 'rejected', 'missed') or accepted_at is null),
  check ((status in ('active', 'completed')) = (started_at is not null)),
  check ((status = 'active') = (covered_until is not null)),
  check (accepted_at >= requested_at),
  check (fan_joined_at >= accepted_at),
  check (creator_joined_at >= accepted_at),
  check (started_at is null or (fan_joined_at is not null and creator_joined_at is not null)),
  check (started_at >= greatest(fan_joined_at, creator_joined_at)),
  check (ended_at >= requested_at),
  check (ended_at >= started_at),
  check (billed_minutes >= case when status = 'completed' then minimum_minutes else 0 end),
  check (status = 'completed' or billed_minutes = 0),
  check (charged + shortfall = rate_per_minute * billed_minutes),
  check ((charged > 0) = (transfer_id is not null))
) with (fillfactor = 70);

create unique index calls_one_open_per_fan on public.calls (fan_id)
  where status in ('pending', 'accepted', 'active');
create index calls_queue on public.calls (creator_id, status, requested_at, id);
create index calls_fan on public.calls (fan_id, requested_at desc, id desc);
create index calls_creator on public.calls (creator_id, requested_at desc, id desc);
create index calls_due on public.calls (expires_at)
  where status in ('pending', 'accepted', 'active');
create index calls_running_out on public.calls (covered_until) where status = 'active';

-- No status is written that the table of transitions does not lead to, whoever writes it.
create function private.guard_call_transition()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  before text := case tg_op when 'UPDATE' then old.status end;
begin
  if not exists (
    select
    from private.call_transitions t
    where t.from_status is not distinct from before
      and t.to_status = new.status
  ) then
    raise exception 'a call does not go from % to %', coalesce(before, 'nothing'), new.status
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;

create trigger calls_begin before insert on public.calls
  for each row execute function private.guard_call_transition();
create trigger calls_move before update of status on public.calls
  for each row when (new.status is distinct from old.status)
  execute function private.guard_call_transition();

-- What has been billed stays as it was billed.
create trigger calls_immutable before update or delete on public.calls
  for each row when (old.ended_at is not null)
  execute function ledger.refuse_rewrite();

-- A call as the API shows it, with who may ask for it.
create view private.call_cards
with (security_invoker = true)
as
select
  c.id,
  c.fan_id,
  c.creator_id,
  jsonb_build_object(
    'id', f.user_id,
    'username', f.username,
    'displayName', f.display_name,
    'avatarUrl', f.avatar_url
  ) as fan,
  jsonb_build_object(
    'id', p.user_id,
    'username', p.username,
    'displayName', p.display_name,
    'avatarUrl', p.avatar_url
  ) as creator,
  c.status,
  c.rate_per_minute,
  c.minimum_minutes,
  c.estimated_minutes,
  c.requested_at,
  c.accepted_at,
  c.fan_joined_at,
  c.creator_joined_at,
  c.started_at,
  c.ended_at,
  c.expires_at,
  c.covered_until,
  floor(extract(epoch from c.ended_at - c.started_at))::integer as duration_seconds,
  c.billed_minutes,
  c.charged,
  c.shortfall,
  c.end_reason,
  c.ended_by
from public.calls c
join public.profiles f on f.user_id = c.fan_id
join public.profiles p on p.user_id = c.creator_id;

create function private.call_answer(call uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select to_jsonb(k) - 'fan_id' - 'creator_id'
  from private.call_cards k
  where k.id = call
$$;

-- Both parties hear of every change; only they listen to these topics.
create function private.tell_call(taken public.calls)
returns void
language sql
set search_path = ''
as $$
  select private.tell(
    'user:' || listener,
    'call',
    jsonb_build_object(
      'callId', taken.id,
      'status', taken.status,
      'fan', private.mini_user(taken.fan_id),
      'creator', private.mini_user(taken.creator_id),
      'fanJoined', taken.fan_joined_at is not null,
      'creatorJoined', taken.creator_joined_at is not null,
      'expiresAt', taken.expires_at,
      'endReason', taken.end_reason,
      'billedMinutes', taken.billed_minutes
    )
  )
  from unnest(array[taken.fan_id, taken.creator_id]) listener
$$;

-- The call, locked, for one of its parties; to anybody else it does not exist.
create function private.take_call(call uuid, caller uuid)
returns public.calls
language plpgsql
set search_path = ''
as $$
declare
  taken public.calls;
begin
  select * into taken
  from public.calls c
  where c.id = call
    and caller in (c.fan_id, c.creator_id)
  for no key update;
  if taken.id is null then
    perform private.fail(404, 'not_found');
  end if;
  return taken;
end
$$;

create function private.call_side(taken public.calls, caller uuid)
returns text
language sql
immutable
set search_path = ''
as $$
  select case caller when taken.fan_id then 'fan' when taken.creator_id then 'creator' end
$$;

-- Where a party's action takes a call, or null when the call is there already: asking twice is asking
-- once. Fails when the action is the other side's, or leads nowhere from the call's status, or when the
-- call is overdue, though no sweep has come by yet: then it can only be closed.
create function private.next_call_status(taken public.calls, action text, side text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  onward text;
begin
  if not exists (
    select
    from private.call_transitions t
    where t.action = next_call_status.action
      and t.actor in (side, 'party')
  ) then
    perform private.fail(403, 'forbidden');
  end if;

  select t.to_status into onward
  from private.call_transitions t
  where t.action = next_call_status.action
    and t.from_status = taken.status;
  if onward is null then
    if exists (
      select
      from private.call_transitions t
      where t.action = next_call_status.action
        and t.to_status = taken.status
    ) then
      return null;
    end if;
    perform private.fail(409, 'call_state', jsonb_build_object('callStatus', taken.status));
  end if;

  if taken.expires_at <= private.now()
    and exists (select from private.call_transitions t where t.from_status = onward)
  then
    perform private.fail(409, 'call_expired');
  end if;
  return onward;
end
$$;

-- The moment of a change to a call that is locked: the server's time, and never before what is written
-- there. A transaction's time is when it began, and it may have waited for the lock since.
create function private.call_moment(taken public.calls)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select greatest(
    private.now(), taken.requested_at, taken.accepted_at, taken.fan_joined_at, taken.creator_joined_at,
    taken.started_at
  )
$$;

-- When the platform will act on a call that came into this status at this moment.
create function private.call_deadline(status text, since timestamptz)
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select since + t.after
  from private.call_transitions t
  where t.from_status = call_deadline.status
    and t.action = 'expire'
$$;

-- Takes a call on to another open status, and tells both.
create function private.advance_call(taken public.calls, onward text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  moment timestamptz := private.call_moment(taken);
  moved public.calls;
begin
  update public.calls c
  set status = onward,
      accepted_at = case onward when 'accepted' then moment else c.accepted_at end,
      started_at = case onward when 'active' then moment else c.started_at end,
      covered_until = case onward
        when 'active' then moment + make_interval(
          mins => coalesce(
            (
              select h.amount / c.rate_per_minute
              from public.holds h
              where h.id = c.hold_id
                and h.status = 'active'
            ),
            0
          )::integer
        )
      end,
      expires_at = private.call_deadline(onward, moment)
  where c.id = taken.id
  returning * into moved;
  perform private.tell_call(moved);
end
$$;

create function private.require_no_block(taken public.calls)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if private.is_blocked(taken.fan_id, taken.creator_id) then
    perform private.fail(403, 'blocked');
  end if;
end
$$;

create function private.accept_call(call uuid, caller uuid)
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
    perform private.require_no_block(taken);
    perform private.advance_call(taken, onward);
  end if;
  return private.call_answer(call);
end
$$;

-- A party is in the room. Billing starts when both are: the first time of each counts.
create function private.start_call(call uuid, caller uuid)
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
  perform private.require_no_block(taken);

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
create function private.require_call_room(call uuid, caller uuid)
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
  perform private.require_no_block(found_call);
  return true;
end
$$;

-- How long a call's hold lasts. No open call is that old (5 + 30 + 240 minutes), so a hold comes due
-- only when the sweep of calls has not run for most of a day.
create function ledger.call_hold_lifetime()
returns interval
language sql
immutable
set search_path = ''
as $$
  select interval '24 hours'
$$;

-- Pays for a call out of its hold, and beyond it out of what the fan can spend; the rest is a shortfall.
-- A hold that is gone, which no rule lets happen, is made again from what there is: a call that was held
-- is billed whatever became of its hold. The payment's key is the call, so a second one is impossible.
create function ledger.settle_call(
  taken public.calls,
  cost bigint,
  request_id text,
  out transfer_id uuid,
  out captured bigint,
  out shortfall bigint
)
language plpgsql
set search_path = ''
as $$
declare
  hold uuid;
  spendable bigint;
begin
  select h.id into hold
  from public.holds h
  where h.id = taken.hold_id
    and h.status = 'active'
  for no key update;

  if hold is null then
    perform ledger.fold(ledger.wallet_of(taken.fan_id));
    select w.balance - w.held_balance into spendable
    from public.wallets w
    where w.user_id = taken.fan_id;
    if spendable = 0 then
      captured := 0;
      shortfall := cost;
      return;
    end if;
    hold := ledger.authorise(
      taken.fan_id, least(cost, spendable), 'call', 'call', taken.id, ledger.call_hold_lifetime()
    );
  end if;

  select c.transfer_id, c.captured, c.shortfall into transfer_id, captured, shortfall
  from ledger.capture(
    hold, cost, taken.creator_id, 'call_charge', 'call_earnings', taken.fan_id,
    'call/' || taken.id, request_id
  ) c;
end
$$;

-- Closes an open call that is locked: bills it if it was active, else gives the hold back. A call is over
-- at its deadline at the latest, however late the sweep is.
create function ledger.close_call(taken public.calls, action text, side text, request_id text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  closed public.calls := taken;
  cost bigint;
begin
  select t.to_status into strict closed.status
  from private.call_transitions t
  where t.from_status = taken.status
    and t.action = close_call.action;
  closed.ended_at := least(private.call_moment(taken), taken.expires_at);

  if taken.status = 'active' then
    closed.billed_minutes := private.billed_minutes(
      floor(extract(epoch from closed.ended_at - taken.started_at))::bigint, taken.minimum_minutes
    );
    cost := taken.rate_per_minute * closed.billed_minutes;
    select s.transfer_id, s.captured, s.shortfall
    into closed.transfer_id, closed.charged, closed.shortfall
    from ledger.settle_call(taken, cost, request_id) s;
  else
    perform ledger.void_hold(taken.hold_id);
  end if;

  update public.calls c
  set status = closed.status,
      ended_at = closed.ended_at,
      end_reason = action,
      ended_by = side,
      expires_at = null,
      covered_until = null,
      billed_minutes = closed.billed_minutes,
      charged = closed.charged,
      shortfall = closed.shortfall,
      transfer_id = closed.transfer_id
  where c.id = taken.id
  returning * into closed;
  perform private.tell_call(closed);
end
$$;

-- On what terms the creator may be called by the fan now. Both accounts stay as they are until this
-- transaction ends: a suspension waits, and then finds the call that was being asked for.
create function private.require_call_terms(fan uuid, creator uuid)
returns public.creator_settings
language plpgsql
set search_path = ''
as $$
declare
  terms public.creator_settings;
begin
  perform
  from public.users u
  where u.id in (fan, creator)
  order by u.id
  for share;
  if not exists (select from public.users u where u.id = fan and u.status = 'active') then
    perform private.fail(403, 'account_suspended');
  end if;
  if not exists (
    select
    from public.users u
    where u.id = creator
      and u.role in ('creator', 'admin')
      and u.status = 'active'
  ) then
    perform private.fail(404, 'not_found');
  end if;
  if private.is_blocked(fan, creator) then
    perform private.fail(403, 'blocked');
  end if;

  select * into terms
  from public.creator_settings s
  where s.user_id = creator
    and s.is_available_for_calls;
  if terms.user_id is null then
    perform private.fail(409, 'creator_unavailable');
  end if;
  return terms;
end
$$;

-- Writes down a new call of the fan, who has one open call at a time; one that is overdue is closed
-- first. The index decides between two that come at once.
create function ledger.open_call(fan uuid, terms public.creator_settings, minutes integer, request_id text)
returns public.calls
language plpgsql
set search_path = ''
as $$
declare
  opened public.calls;
  other public.calls;
begin
  loop
    insert into public.calls (
      fan_id, creator_id, rate_per_minute, minimum_minutes, estimated_minutes, expires_at
    )
    values (
      fan, terms.user_id, terms.call_rate_per_minute, terms.minimum_call_duration, minutes,
      private.call_deadline('pending', private.now())
    )
    on conflict (fan_id) where status in ('pending', 'accepted', 'active') do nothing
    returning * into opened;
    if opened.id is not null then
      return opened;
    end if;

    select * into other
    from public.calls c
    where c.fan_id = fan
      and c.status in ('pending', 'accepted', 'active')
    for no key update;
    if other.expires_at > private.now() then
      perform private.fail(409, 'call_open', jsonb_build_object('callId', other.id));
    elsif other.id is not null then
      perform ledger.close_call(other, 'expire', 'platform', request_id);
    end if;
  end loop;
end
$$;

-- A fan asks for a call: the creator's rate and minimum are frozen in it, and so many minutes are set
-- aside as the fan expects, at least the minimum. Accepted at once by a creator who always accepts.
create function ledger.request_call(
  fan uuid,
  creator uuid,
  estimate integer,
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
  terms public.creator_settings;
  opened public.calls;
  held bigint;
begin
  response := ledger.claim(fan, 'call_request', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;
  if fan = creator then
    perform private.fail(422, 'own_call');
  end if;

  terms := private.require_call_terms(fan, creator);
  opened := ledger.open_call(
    fan, terms, greatest(terms.minimum_call_duration, estimate), request_id
  );
  held := opened.rate_per_minute * opened.estimated_minutes;
  update public.calls c
  set hold_id = ledger.authorise(fan, held, 'call', 'call', opened.id, ledger.call_hold_lifetime())
  where c.id = opened.id
  returning * into opened;
  if terms.auto_accept_calls then
    perform private.advance_call(opened, private.next_call_status(opened, 'accept', 'creator'));
  else
    perform private.tell_call(opened);
  end if;

  response := jsonb_build_object(
    'call', private.call_answer(opened.id),
    'held', held,
    'available_balance', (select b.available_balance from public.balances b where b.user_id = fan)
  );
  perform ledger.remember(fan, 'call_request', key, response);
end
$$;

-- A party closes a call by an action of theirs, once: asked again, by either and under any key, the call
-- is answered as it was closed.
create function ledger.leave_call(
  action text,
  call uuid,
  caller uuid,
  key text,
  request_hash text,
  request_id text,
  out replayed boolean,
  out response jsonb
)
language plpgsql
set search_path = ''
as $$
declare
  operation text := 'call_' || action;
  taken public.calls;
  side text;
begin
  response := ledger.claim(caller, operation, key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  taken := private.take_call(call, caller);
  side := private.call_side(taken, caller);
  if private.next_call_status(taken, action, side) is not null then
    perform ledger.close_call(taken, action, side, request_id);
  end if;
  response := private.call_answer(call);
  perform ledger.remember(caller, operation, key, response);
end
$$;

create function ledger.reject_call(
  call uuid,
  caller uuid,
  key text,
  request_hash text,
  request_id text,
  out replayed boolean,
  out response jsonb
)
language sql
security definer
set search_path = ''
as $$
  select * from ledger.leave_call('reject', call, caller, key, request_hash, request_id)
$$;

create function ledger.cancel_call(
  call uuid,
  caller uuid,
  key text,
  request_hash text,
  request_id text,
  out replayed boolean,
  out response jsonb
)
language sql
security definer
set search_path = ''
as $$
  select * from ledger.leave_call('cancel', call, caller, key, request_hash, request_id)
$$;

create function ledger.end_call(
  call uuid,
  caller uuid,
  key text,
  request_hash text,
  request_id text,
  out replayed boolean,
  out response jsonb
)
language sql
security definer
set search_path = ''
as $$
  select * from ledger.leave_call('end', call, caller, key, request_hash, request_id)
$$;

-- The sweep closes one overdue call: missed, cancelled, or ended and billed. False when it is not overdue
-- any more, or when somebody is at it.
create function ledger.expire_call(call uuid, request_id text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  taken public.calls;
begin
  select * into taken
  from public.calls c
  where c.id = call
    and c.expires_at <= private.now()
  for no key update skip locked;
  if taken.id is null then
    return false;
  end if;
  perform ledger.close_call(taken, 'expire', 'platform', request_id);
  return true;
end
$$;

-- Sets aside the minutes of an active call up to the sweep's next run, as many as the fan can pay;
-- answers until when the call is covered.
create function ledger.cover_call(taken public.calls)
returns timestamptz
language plpgsql
set search_path = ''
as $$
declare
  wanted timestamptz := least(private.now() + interval '60 seconds', taken.expires_at);
  covered timestamptz := taken.covered_until;
  held public.holds;
  minutes integer;
begin
  select * into held
  from public.holds h
  where h.id = taken.hold_id
    and h.status = 'active'
  for no key update;
  if held.id is null then
    return covered;
  end if;

  perform ledger.fold(held.wallet_id);
  select least(
    ceil(extract(epoch from wanted - covered) / 60),
    (w.balance - w.held_balance) / taken.rate_per_minute
  )
  into minutes
  from public.wallets w
  where w.id = held.wallet_id;
  if minutes > 0 then
    perform ledger.extend_hold(
      held.id, taken.rate_per_minute * minutes, ledger.call_hold_lifetime()
    );
    covered := covered + make_interval(mins => minutes);
    update public.calls c set covered_until = covered where c.id = taken.id;
  end if;
  return covered;
end
$$;

-- The sweep of active calls that run out of what was set aside before its next run. The hold is extended
-- minute by minute while the fan can pay; a call whose last paid minute is over is ended and billed. False
-- when there was nothing to do, or when somebody is at it.
create function ledger.extend_call(call uuid, request_id text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  taken public.calls;
  covered timestamptz;
begin
  select * into taken
  from public.calls c
  where c.id = call
    and c.status = 'active'
    and c.covered_until < least(private.now() + interval '60 seconds', c.expires_at)
    and c.expires_at > private.now()
  for no key update skip locked;
  if taken.id is null then
    return false;
  end if;

  covered := ledger.cover_call(taken);
  if covered <= private.now() then
    perform ledger.close_call(taken, 'run_out', 'platform', request_id);
    return true;
  end if;
  return covered > taken.covered_until;
end
$$;

-- Closes every open call of somebody who may no longer take part: what never started is cancelled, what
-- is under way is ended and billed. Answers how many. Calls, then holds, then wallets, each in one order.
create function private.cancel_open_calls(member uuid, request_id text default 'suspension')
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  locked uuid[];
  taken public.calls;
begin
  locked := array(
    select c.id
    from public.calls c
    where member in (c.fan_id, c.creator_id)
      and c.status in ('pending', 'accepted', 'active')
    order by c.id
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

-- An account that is suspended or deleted leaves its calls in the transaction that does it, whoever does
-- it and however.
create function private.leave_open_calls()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.cancel_open_calls(new.id);
  return null;
end
$$;

create trigger users_leave_calls after update of status on public.users
  for each row when (old.status = 'active' and new.status <> 'active')
  execute function private.leave_open_calls();

-- What must never be true of calls, beside the ledger's own invariants; an empty answer is sound.
create function ledger.call_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with paid as (
    select
      c.id,
      count(distinct t.id) as payments,
      coalesce(-sum(e.amount), 0) as coins
    from public.calls c
    join public.wallets w on w.user_id = c.fan_id
    left join public.transfers t on t.subject_type = 'call'
      and t.subject_id = c.id
      and t.reverses is null
    left join public.entries e on e.transfer_id = t.id
      and e.wallet_id = w.id
      and e.type = 'call_charge'
    group by c.id
  )
  select 'a call is billed once', p.id::text, format('%s payments', p.payments)
  from paid p
  where p.payments > 1

  union all

  select 'a call is charged what was paid for it', c.id::text, format('charged %s, paid %s', c.charged, p.coins)
  from public.calls c
  join paid p on p.id = c.id
  where c.charged <> p.coins

  union all

  select 'a closed call holds no coins', c.id::text, format('hold %s', h.id)
  from public.calls c
  join public.holds h on h.purpose = 'call' and h.subject_id = c.id
  where c.ended_at is not null
    and h.status = 'active'

  union all

  select 'an open call has its hold', c.id::text, c.status
  from public.calls c
  where c.ended_at is null
    and not exists (select from public.holds h where h.id = c.hold_id and h.status = 'active')

  union all

  select 'an active call is covered by its hold', c.id::text,
    format('hold %s, covered until %s', h.amount, c.covered_until)
  from public.calls c
  join public.holds h on h.id = c.hold_id
  where c.status = 'active'
    and c.covered_until <> c.started_at + make_interval(mins => (h.amount / c.rate_per_minute)::integer)
$$;

alter table public.calls enable row level security;
alter table private.call_transitions enable row level security;

-- Over REST a party reads their own calls; nobody writes but the functions above.
grant select on public.calls to authenticated;
create policy calls_read_own on public.calls
  for select to authenticated
  using (
    (fan_id = (select auth.uid()) or creator_id = (select auth.uid()))
    and (select private.is_active())
  );

grant select on public.calls, private.call_cards to limelight_backend;
create policy calls_backend on public.calls for select to limelight_backend using (true);

grant execute on function
  private.accept_call(uuid, uuid),
  private.start_call(uuid, uuid),
  private.require_call_room(uuid, uuid),
  ledger.request_call(uuid, uuid, integer, text, text, text),
  ledger.reject_call(uuid, uuid, text, text, text),
  ledger.cancel_call(uuid, uuid, text, text, text),
  ledger.end_call(uuid, uuid, text, text, text),
  ledger.expire_call(uuid, text),
  ledger.extend_call(uuid, text),
  ledger.call_violations()
  to limelight_backend;
