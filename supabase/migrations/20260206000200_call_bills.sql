-- How a call is held and billed: asking, hanging up, the sweeps, and what must never be true.
--
-- Locks are taken in the order of the whole ledger: idempotency key, accounts (shared), call, hold, wallets.

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

grant execute on function
  ledger.request_call(uuid, uuid, integer, text, text, text),
  ledger.reject_call(uuid, uuid, text, text, text),
  ledger.cancel_call(uuid, uuid, text, text, text),
  ledger.end_call(uuid, uuid, text, text, text),
  ledger.expire_call(uuid, text),
  ledger.extend_call(uuid, text),
  ledger.call_violations()
  to limelight_backend;
