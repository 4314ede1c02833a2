-- How a call goes on: who may do what to it and when, accepting, joining, entering its room.
--
-- A call is moved under its own lock, and then tells both parties.

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

grant execute on function
  private.accept_call(uuid, uuid),
  private.start_call(uuid, uuid),
  private.require_call_room(uuid, uuid)
  to limelight_backend;
