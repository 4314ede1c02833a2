-- Paid calls: a fan asks a creator for one, coins are set aside, both join, and who hangs up bills it.
--
-- What may become of a call is one table, private.call_transitions: the functions ask it, a trigger
-- holds every write to it, and docs/state-machines.md is drawn from it. The functions are in the two
-- migrations that follow: how a call goes on, and how it is held and billed.

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
