-- Ticketed shows: what there is, what may become of it, and who may see it. The functions are in the
-- migrations that follow: how a show is planned and visited, how tickets are sold, refunded and paid
-- out, and how reminders are sent.

-- What may become of a show is one table, private.show_transitions: the functions ask it, a trigger
-- holds every write to it, and docs/state-machines.md is drawn from it. A null from_status is a show that
-- is yet to be. `after` is what the platform waits before it acts: from the scheduled start on for a show
-- that did not start (expire), from the planned end on for one that nobody ended (lapse). Without it, the
-- platform acts when the creator's account is suspended or deleted (suspend).
create table private.show_transitions (
  from_status text,
  to_status text not null,
  action text not null,
  actor text not null
    check (actor in ('creator', 'platform')),
  after interval
    check (after > interval '0'),
  unique nulls not distinct (from_status, action)
);

insert into private.show_transitions (from_status, to_status, action, actor, after)
values
  (null, 'scheduled', 'create', 'creator', null),
  ('scheduled', 'live', 'start', 'creator', null),
  ('scheduled', 'cancelled', 'cancel', 'creator', null),
  ('scheduled', 'cancelled', 'expire', 'platform', '30 minutes'),
  ('scheduled', 'cancelled', 'suspend', 'platform', null),
  ('live', 'ended', 'end', 'creator', null),
  ('live', 'ended', 'lapse', 'platform', '12 hours'),
  ('live', 'cancelled', 'suspend', 'platform', null);

create function private.longest(texts text[])
returns integer
language sql
immutable
parallel safe
set search_path = ''
as $$
  select coalesce(max(length(t)), 0)
  from unnest(texts) as t
$$;

create table public.shows (
  id uuid primary key default gen_random_uuid(),
  creator_id uuid not null
    references public.users (id) on delete restrict,
  title text not null
    check (length(title) between 1 and 200),
  description text
    check (length(description) <= 2000),
  show_type text not null
    check (show_type in ('live_show', 'qna', 'workshop', 'meetgreet', 'performance')),
  ticket_price bigint not null
    check (ticket_price between 0 and 100000),
  max_tickets integer
    check (max_tickets between 1 and 50000),
  issued integer not null default 0,
  sold integer not null default 0,
  scheduled_start timestamptz not null,
  duration_minutes integer not null default 60
    check (duration_minutes between 1 and 720),
  cover_image_url text
    check (cover_image_url ~ '^https://' and length(cover_image_url) <= 2048),
  trailer_url text
    check (trailer_url ~ '^https://' and length(trailer_url) <= 2048),
  is_private boolean not null default false,
  tags text[] not null default '{}'
    check (cardinality(tags) <= 20 and array_position(tags, null) is null and private.longest(tags) <= 30),
  status text not null default 'scheduled'
    check (status in ('scheduled', 'live', 'ended', 'cancelled')),
  started_at timestamptz,
  ended_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text
    check (cancel_reason in ('cancel', 'expire', 'suspend')),
  release_transfer_id uuid unique
    references public.transfers (id) on delete restrict,
  room_name text not null unique default 'show_' || replace(gen_random_uuid()::text, '-', ''),
  created_at timestamptz not null default private.now(),
  check (sold between 0 and issued),
  -- An end of seats there always is: a cancellation refunds them all in one statement.
  check (sold <= coalesce(max_tickets, 50000)),
  check (status <> 'scheduled' or started_at is null),
  check (status not in ('live', 'ended') or started_at is not null),
  check ((status = 'ended') = (ended_at is not null)),
  check ((status = 'cancelled') = (cancelled_at is not null)),
  check ((status = 'cancelled') = (cancel_reason is not null)),
  check (status <> 'cancelled' or sold = 0),
  check (status = 'ended' or release_transfer_id is null),
  check (ended_at >= started_at)
) with (fillfactor = 80);

-- 'live' sorts before 'scheduled', so the order of these is what the lists show: live, then soonest.
create index shows_open on public.shows (status, scheduled_start, id)
  where status in ('live', 'scheduled');
create index shows_open_by_type on public.shows (show_type, status, scheduled_start, id)
  where status in ('live', 'scheduled');
create index shows_open_by_creator on public.shows (creator_id, status, scheduled_start, id)
  where status in ('live', 'scheduled');
create index shows_creator on public.shows (creator_id, created_at desc, id desc);

-- A number is given once and never again, whatever becomes of its ticket; the price is what was paid.
create table public.show_tickets (
  id uuid primary key default gen_random_uuid(),
  show_id uuid not null
    references public.shows (id) on delete restrict,
  user_id uuid not null
    references public.users (id) on delete restrict,
  number integer not null
    check (number >= 1),
  price bigint not null
    check (price between 0 and 100000),
  status text not null default 'valid'
    check (status in ('valid', 'refunded')),
  transfer_id uuid unique
    references public.transfers (id) on delete restrict,
  refund_transfer_id uuid
    references public.transfers (id) on delete restrict,
  checked_in_at timestamptz,
  refunded_at timestamptz,
  created_at timestamptz not null default private.now(),
  unique (show_id, number),
  check ((price > 0) = (transfer_id is not null)),
  check ((status = 'refunded') = (refunded_at is not null)),
  check ((status = 'refunded' and price > 0) = (refund_transfer_id is not null))
) with (fillfactor = 80);

create unique index show_tickets_one_valid on public.show_tickets (show_id, user_id) where status = 'valid';
create index show_tickets_user on public.show_tickets (user_id, created_at desc, id desc);
create index show_tickets_refund on public.show_tickets (refund_transfer_id)
  where refund_transfer_id is not null;

-- One reminder for each user and show. Unsent is due when its show is about to start; a failed
-- attempt is made again, later each time, and given up after the fifth.
create table public.show_reminders (
  show_id uuid not null
    references public.shows (id) on delete cascade,
  user_id uuid not null
    references public.users (id) on delete cascade,
  attempts integer not null default 0
    check (attempts between 0 and 5),
  not_before timestamptz not null default '-infinity',
  sent_at timestamptz,
  created_at timestamptz not null default private.now(),
  primary key (show_id, user_id),
  check (sent_at is null or attempts >= 1)
) with (fillfactor = 80);

create index show_reminders_unsent on public.show_reminders (show_id, not_before)
  where sent_at is null;
create index show_reminders_user on public.show_reminders (user_id);

create function private.guard_show_transition()
returns trigger
language plpgsql
set search_path = ''
as $$
declare
  before text := case tg_op when 'UPDATE' then old.status end;
begin
  if not exists (
    select
    from private.show_transitions t
    where t.from_status is not distinct from before
      and t.to_status = new.status
  ) then
    raise exception 'a show does not go from % to %', coalesce(before, 'nothing'), new.status
      using errcode = 'check_violation';
  end if;
  return new;
end
$$;

create trigger shows_begin before insert on public.shows
  for each row execute function private.guard_show_transition();
create trigger shows_move before update of status on public.shows
  for each row when (new.status is distinct from old.status)
  execute function private.guard_show_transition();

-- What is over stays as it was.
create trigger shows_stay before update or delete on public.shows
  for each row when (old.status in ('ended', 'cancelled'))
  execute function ledger.refuse_rewrite();

-- Where an action takes a show, or a refusal: what is over stays over, and only what is live can end.
create function private.show_status_after(show public.shows, action text)
returns text
language plpgsql
stable
set search_path = ''
as $$
declare
  reached text;
begin
  select t.to_status into reached
  from private.show_transitions t
  where t.from_status = show.status
    and t.action = show_status_after.action;
  if reached is null then
    perform private.fail(
      409,
      case action when 'end' then 'show_not_live' else 'show_not_scheduled' end,
      jsonb_build_object('showStatus', show.status)
    );
  end if;
  return reached;
end
$$;

-- How a user stands to a show: the one access rule. Answers 'owner', 'holder' (has or had a ticket),
-- 'granted', or why not: 'not_found', 'blocked'. A private show is open to whoever has its id; a
-- cancelled one, and one of a creator who is suspended, to its ticket holders alone.
create function private.show_access(show uuid, viewer uuid)
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
          when not h.holds and (s.status = 'cancelled' or u.status <> 'active') then 'not_found'
          when private.is_blocked(s.creator_id, viewer) then 'blocked'
          when h.holds then 'holder'
          else 'granted'
        end
      from public.shows s
      join public.users u on u.id = s.creator_id
      cross join lateral (
        select exists (
          select from public.show_tickets t where t.show_id = s.id and t.user_id = viewer
        ) as holds
      ) h
      where s.id = show
    ),
    'not_found'
  )
$$;

-- True when the viewer may see the show, else it fails with the reason: a one-time filter, as
-- private.require_stream_access.
create function private.require_show_access(show uuid, viewer uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
declare
  verdict text := private.show_access(show, viewer);
begin
  case verdict
    when 'owner', 'holder', 'granted' then
      return true;
    when 'not_found' then
      perform private.fail(404, 'not_found');
    else
      perform private.fail(403, verdict);
  end case;
  return false;
end
$$;

-- True for the owner of a show, else it fails; one that the caller may not know of does not exist.
create function private.require_show_ownership(show uuid, caller uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  case private.show_access(show, caller)
    when 'owner' then
      return true;
    when 'not_found' then
      perform private.fail(404, 'not_found');
    else
      perform private.fail(403, 'not_owner');
  end case;
  return false;
end
$$;

-- Whether the shows of a creator are in the lists.
create function private.is_listed(creator uuid)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select u.status = 'active'
  from public.users u
  where u.id = creator
$$;

alter table private.show_transitions enable row level security;
alter table public.shows enable row level security;
alter table public.show_tickets enable row level security;
alter table public.show_reminders enable row level security;

-- Shows are served by the backend; over REST a holder may read their own tickets.
grant select on public.show_tickets to authenticated;
create policy show_tickets_read_own on public.show_tickets
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));

grant select on public.shows, public.show_tickets, public.show_reminders to limelight_backend;
create policy shows_backend on public.shows for select to limelight_backend using (true);
create policy show_tickets_backend on public.show_tickets for select to limelight_backend using (true);
create policy show_reminders_backend on public.show_reminders for select to limelight_backend using (true);

grant execute on function
  private.show_access(uuid, uuid),
  private.require_show_access(uuid, uuid),
  private.require_show_ownership(uuid, uuid),
  private.is_listed(uuid)
  to limelight_backend;
