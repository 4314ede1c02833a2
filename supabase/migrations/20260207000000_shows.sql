-- Ticketed shows: who may see and buy them, coins in escrow until they are over, reminders.
--
-- A ticket's coins wait in show_escrow: they go to the creator when the show ends, and back to the
-- buyers when it is cancelled, in the transaction that says so. The show's row is locked before any
-- wallet; who is refunded or paid is credited, so that no wallet is locked for it.

-- What may become of a show is one table, private.show_transitions: the functions below ask it, a trigger
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

create function private.require_show_start(start timestamptz)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if start <= private.now() or start > private.now() + interval '366 days' then
    perform private.fail(422, 'show_start_invalid');
  end if;
end
$$;

-- The owner's show, locked until the transaction ends: whoever sells, starts, changes, ends or
-- cancels a show takes turns here, before any wallet.
create function private.lock_own_show(show uuid, caller uuid)
returns public.shows
language plpgsql
set search_path = ''
as $$
declare
  locked public.shows;
begin
  perform private.require_show_ownership(show, caller);
  select * into locked from public.shows s where s.id = show for no key update;
  return locked;
end
$$;

create function private.create_show(
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

-- Changes the columns named in `changes` (and listed here) of a scheduled show. What somebody has paid
-- for keeps its price and its seats. A show that moves reminds again.
create function private.update_show(show uuid, caller uuid, changes jsonb)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  present public.shows := private.lock_own_show(show, caller);
  wanted public.shows := jsonb_populate_record(present, changes);
begin
  if present.status <> 'scheduled' then
    perform private.fail(409, 'show_not_scheduled', jsonb_build_object('showStatus', present.status));
  end if;
  if wanted.ticket_price <> present.ticket_price and present.issued > 0 then
    perform private.fail(409, 'price_locked');
  end if;
  if wanted.max_tickets < present.sold then
    perform private.fail(409, 'capacity_below_sold', jsonb_build_object('ticketsSold', present.sold));
  end if;
  if wanted.scheduled_start <> present.scheduled_start then
    perform private.require_show_start(wanted.scheduled_start);
    update public.show_reminders r
    set sent_at = null,
        attempts = 0,
        not_before = '-infinity'
    where r.show_id = show;
  end if;

  update public.shows s
  set title = wanted.title,
      description = wanted.description,
      show_type = wanted.show_type,
      ticket_price = wanted.ticket_price,
      max_tickets = wanted.max_tickets,
      scheduled_start = wanted.scheduled_start,
      duration_minutes = wanted.duration_minutes,
      cover_image_url = wanted.cover_image_url,
      trailer_url = wanted.trailer_url,
      is_private = wanted.is_private,
      tags = wanted.tags
  where s.id = show;
end
$$;

-- Goes live; starting again changes nothing.
create function private.start_show(show uuid, caller uuid)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  present public.shows := private.lock_own_show(show, caller);
begin
  if present.status = 'live' then
    return;
  end if;
  update public.shows s
  set status = private.show_status_after(present, 'start'),
      started_at = private.now()
  where s.id = show;
end
$$;

-- Lets the owner, or the holder of a valid ticket, into a live show; a holder's first join checks in.
create function private.join_show(
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
  if joined.status <> 'live' then
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

-- Asks to be reminded of a scheduled show; asking again changes nothing.
create function private.remind_of_show(show uuid, caller uuid)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  wanted public.shows;
begin
  perform private.require_show_access(show, caller);
  select * into wanted from public.shows s where s.id = show;
  if wanted.status <> 'scheduled' then
    perform private.fail(409, 'show_not_scheduled', jsonb_build_object('showStatus', wanted.status));
  end if;
  insert into public.show_reminders (show_id, user_id)
  values (show, caller)
  on conflict do nothing;
  return wanted.scheduled_start;
end
$$;

-- Fails unless the buyer can have a ticket now.
create function private.require_ticket_on_sale(show public.shows, buyer uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  if show.creator_id = buyer then
    perform private.fail(403, 'own_show');
  end if;
  if show.status not in ('scheduled', 'live') then
    perform private.fail(409, 'show_not_on_sale', jsonb_build_object('showStatus', show.status));
  end if;
  if exists (
    select
    from public.show_tickets t
    where t.show_id = show.id
      and t.user_id = buyer
      and t.status = 'valid'
  ) then
    perform private.fail(409, 'ticket_exists');
  end if;
  if show.sold >= coalesce(show.max_tickets, 50000) then
    perform private.fail(409, 'sold_out');
  end if;
end
$$;

-- Sells one ticket: the number from the show's locked counter, the price as it is now, the coins into
-- escrow. A free ticket takes a number and a seat and leaves the ledger alone.
create function ledger.buy_show_ticket(
  buyer uuid,
  show uuid,
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
  chosen public.shows;
  ticket public.show_tickets;
begin
  response := ledger.claim(buyer, 'show_ticket', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  perform private.require_show_access(show, buyer);
  -- Asked before the lock as well: who is too late does not queue with those who may still buy.
  select * into chosen from public.shows s where s.id = show;
  perform private.require_ticket_on_sale(chosen, buyer);
  select * into chosen from public.shows s where s.id = show for no key update;
  perform private.require_ticket_on_sale(chosen, buyer);

  update public.shows s
  set issued = s.issued + 1,
      sold = s.sold + 1
  where s.id = show
  returning * into chosen;
  if chosen.ticket_price > 0 then
    ticket.transfer_id := ledger.deposit(
      buyer, chosen.ticket_price, 'show_ticket', 'show', show, key, buy_show_ticket.request_id
    );
  end if;
  insert into public.show_tickets (show_id, user_id, number, price, transfer_id)
  values (show, buyer, chosen.issued, chosen.ticket_price, ticket.transfer_id)
  returning * into ticket;

  response := jsonb_build_object(
    'ticket', jsonb_build_object(
      'id', ticket.id,
      'show_id', show,
      'ticket_number', ticket.number,
      'price', ticket.price,
      'status', ticket.status,
      'checked_in_at', ticket.checked_in_at,
      'refunded_at', ticket.refunded_at,
      'purchased_at', ticket.created_at
    ),
    'balance', ledger.balance_of(buyer)
  );
  perform ledger.remember(buyer, 'show_ticket', key, response);
end
$$;

-- Refunds some tickets of a show that the caller has locked and is about to close: one posting out of
-- escrow with a leg for each buyer, each ticket marked, each holder told. A show closes once, and the
-- posting's key is the show, so that even the ledger would refuse to refund it twice.
create function ledger.refund_tickets(show public.shows, tickets uuid[], told text, reason text, request_id text)
returns integer
language plpgsql
set search_path = ''
as $$
declare
  paid bigint;
  refund uuid;
  refunded integer;
begin
  select coalesce(sum(t.price), 0) into paid
  from public.show_tickets t
  where t.id = any (tickets);
  if paid > 0 then
    refund := ledger.post(
      'escrow_refund', show.creator_id, format('show/%s', show.id), 'show', show.id, refund_tickets.request_id,
      array(
        select row(w.id, 'refund', t.price, null)::ledger.leg
        from public.show_tickets t
        join public.wallets w on w.user_id = t.user_id
        where t.id = any (tickets)
      ) || row(ledger.system_wallet('show_escrow'), 'refund', -paid, null)::ledger.leg
    );
  end if;

  perform private.tell(
    'user:' || t.user_id,
    told,
    jsonb_build_object(
      'showId', show.id,
      'title', show.title,
      'reason', reason,
      'ticketNumber', t.number,
      'refundedCoins', t.price
    )
  )
  from public.show_tickets t
  where t.id = any (tickets);

  update public.show_tickets t
  set status = 'refunded',
      refunded_at = private.now(),
      refund_transfer_id = case when t.price > 0 then refund end
  where t.id = any (tickets);
  get diagnostics refunded = row_count;
  return refunded;
end
$$;

-- Cancels a show for one of the reasons in private.show_transitions and refunds every valid ticket.
-- Calling off again changes nothing.
create function ledger.call_off_show(show uuid, action text, request_id text)
returns public.shows
language plpgsql
set search_path = ''
as $$
declare
  present public.shows;
begin
  select * into present from public.shows s where s.id = show for no key update;
  if present.status = 'cancelled' then
    return present;
  end if;
  present.status := private.show_status_after(present, action);
  perform ledger.refund_tickets(
    present,
    array(select t.id from public.show_tickets t where t.show_id = show and t.status = 'valid'),
    'show_cancelled', action, request_id
  );

  update public.shows s
  set status = present.status,
      cancelled_at = private.now(),
      cancel_reason = action,
      sold = 0
  where s.id = show
  returning * into present;
  return present;
end
$$;

-- Ends a live show: what its valid tickets paid goes to the creator, less the platform's share. Whom the
-- creator blocked before they could come is refunded first: nobody sells a seat and keeps it. Ending
-- again changes nothing.
create function ledger.wind_up_show(show uuid, action text, request_id text)
returns public.shows
language plpgsql
set search_path = ''
as $$
declare
  present public.shows;
  paid bigint;
begin
  select * into present from public.shows s where s.id = show for no key update;
  if present.status = 'ended' then
    return present;
  end if;
  present.status := private.show_status_after(present, action);
  present.sold := present.sold - ledger.refund_tickets(
    present,
    array(
      select t.id
      from public.show_tickets t
      join public.blocked_users b on b.blocked_id = t.user_id
      where t.show_id = show
        and t.status = 'valid'
        and t.checked_in_at is null
        and b.blocker_id = present.creator_id
    ),
    'ticket_refunded', 'blocked', request_id
  );

  select coalesce(sum(t.price), 0) into paid
  from public.show_tickets t
  where t.show_id = show
    and t.status = 'valid';
  if paid > 0 then
    present.release_transfer_id := ledger.release_escrow(
      present.creator_id, paid, 'show_earnings', 'show', show, present.creator_id,
      format('show/%s', show), wind_up_show.request_id
    );
  end if;

  update public.shows s
  set status = present.status,
      sold = present.sold,
      -- The clock is the transaction's: whoever waited for the start asked before it.
      ended_at = greatest(private.now(), s.started_at),
      release_transfer_id = present.release_transfer_id
  where s.id = show
  returning * into present;
  return present;
end
$$;

-- Cancels the caller's show. Answers how many tickets were refunded, and their coins.
create function ledger.cancel_show(
  caller uuid,
  show uuid,
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
  cancelled public.shows;
begin
  response := ledger.claim(caller, 'show_cancel', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  perform private.require_show_ownership(show, caller);
  cancelled := ledger.call_off_show(show, 'cancel', request_id);
  response := (
    select jsonb_build_object(
        'show_id', show,
        'status', cancelled.status,
        'cancelled_at', cancelled.cancelled_at,
        'tickets_refunded', count(*),
        'coins_refunded', coalesce(sum(t.price), 0)
      )
    from public.show_tickets t
    where t.show_id = show
      and t.status = 'refunded'
  );
  perform ledger.remember(caller, 'show_cancel', key, response);
end
$$;

-- Ends the caller's show. Answers what its tickets brought, and how it was shared.
create function ledger.end_show(
  caller uuid,
  show uuid,
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
  ended public.shows;
begin
  response := ledger.claim(caller, 'show_end', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  perform private.require_show_ownership(show, caller);
  ended := ledger.wind_up_show(show, 'end', request_id);
  response := (
    select jsonb_build_object(
        'show_id', show,
        'status', ended.status,
        'started_at', ended.started_at,
        'ended_at', ended.ended_at,
        'duration_seconds', floor(extract(epoch from ended.ended_at - ended.started_at))::integer,
        'tickets_sold', ended.sold,
        'tickets_refunded', ended.issued - ended.sold,
        'revenue', coalesce(-sum(e.amount) filter (where e.amount < 0), 0),
        'platform_fee', coalesce(sum(e.amount) filter (where e.type = 'platform_fee'), 0),
        'earnings', coalesce(sum(e.amount) filter (where e.amount > 0 and e.type = 'show_earnings'), 0)
      )
    from public.entries e
    where e.transfer_id = ended.release_transfer_id
  );
  perform ledger.remember(caller, 'show_end', key, response);
end
$$;

-- What the platform must do to a show that was left alone for too long; null for every other.
create function private.overdue_action(show public.shows)
returns text
language sql
stable
set search_path = ''
as $$
  select t.action
  from private.show_transitions t
  where t.from_status = show.status
    and t.after <= private.now() - case show.status
      when 'scheduled' then show.scheduled_start
      else show.started_at + make_interval(mins => show.duration_minutes)
    end
$$;

create function private.overdue_shows(batch integer)
returns table (id uuid)
language sql
stable
security definer
set search_path = ''
as $$
  select s.id
  from public.shows s
  where s.status in ('live', 'scheduled')
    and s.scheduled_start <= private.now()
    and private.overdue_action(s) is not null
  order by s.scheduled_start
  limit batch
$$;

-- Does to one show what its time has come for; false when somebody was quicker. A show for each call,
-- so that one with thousands of tickets does not hold up the others.
create function ledger.settle_overdue_show(show uuid, request_id text)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  present public.shows;
begin
  select * into present from public.shows s where s.id = show for no key update;
  case private.overdue_action(present)
    when 'expire' then
      perform ledger.call_off_show(show, 'expire', request_id);
    when 'lapse' then
      perform ledger.wind_up_show(show, 'lapse', request_id);
    else
      return false;
  end case;
  return true;
end
$$;

-- Cancels whatever a creator still has on, scheduled or live, and refunds it; answers how many shows.
-- For the admin desk, when it suspends or deletes an account: nobody is paid for a show that the
-- platform cut short.
create function private.cancel_shows_of(creator uuid, request_id text default 'suspension')
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  held uuid;
  cancelled integer := 0;
begin
  for held in
    select s.id
    from public.shows s
    where s.creator_id = creator
      and s.status in ('live', 'scheduled')
    order by s.id
  loop
    perform ledger.call_off_show(held, 'suspend', request_id);
    cancelled := cancelled + 1;
  end loop;
  return cancelled;
end
$$;

-- Takes reminders that are due for the caller to send, soonest show first: those of shows that start
-- within `ahead`, and of live ones. What is taken is not taken again before `patience` is over, and
-- twice as long after each attempt. The first attempt also tells the user's own topic, once.
create function private.claim_show_reminders(batch integer, ahead interval, patience interval)
returns table (
  show_id uuid,
  user_id uuid,
  email text,
  title text,
  creator_name text,
  scheduled_start timestamptz,
  is_live boolean
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  taken record;
begin
  for taken in
    with due as (
      select r.show_id, r.user_id
      from public.shows s
      join public.users c on c.id = s.creator_id
      join public.show_reminders r on r.show_id = s.id
      join public.users u on u.id = r.user_id
      where s.status in ('live', 'scheduled')
        and (s.status = 'live' or s.status = 'scheduled' and s.scheduled_start <= private.now() + ahead)
        and r.sent_at is null
        and r.not_before <= private.now()
        and r.attempts < 5
        and c.status = 'active'
        and u.status = 'active'
        and not private.is_blocked(s.creator_id, r.user_id)
      order by s.scheduled_start, r.show_id, r.user_id
      limit batch
      for no key update of r skip locked
    )
    update public.show_reminders r
    set attempts = r.attempts + 1,
        not_before = private.now() + patience * (2 ^ r.attempts)
    from due d, public.shows s, public.users u, public.profiles p
    where r.show_id = d.show_id
      and r.user_id = d.user_id
      and s.id = d.show_id
      and u.id = d.user_id
      and p.user_id = s.creator_id
    returning r.attempts, r.show_id, r.user_id, u.email, s.title, p.display_name, s.scheduled_start, s.status
  loop
    if taken.attempts = 1 then
      perform private.tell(
        'user:' || taken.user_id,
        'show_reminder',
        jsonb_build_object(
          'showId', taken.show_id,
          'title', taken.title,
          'scheduledStart', taken.scheduled_start,
          'status', taken.status
        )
      );
    end if;
    show_id := taken.show_id;
    user_id := taken.user_id;
    email := taken.email;
    title := taken.title;
    creator_name := taken.display_name;
    scheduled_start := taken.scheduled_start;
    is_live := taken.status = 'live';
    return next;
  end loop;
end
$$;

-- Notes that a claimed reminder was delivered.
create function private.note_reminder_sent(show uuid, person uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.show_reminders r
  set sent_at = private.now()
  where r.show_id = show
    and r.user_id = person
    and r.attempts >= 1
    and r.sent_at is null
$$;

-- Gives a claimed reminder up: the address will never take it.
create function private.give_reminder_up(show uuid, person uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.show_reminders r
  set attempts = 5
  where r.show_id = show
    and r.user_id = person
    and r.sent_at is null
$$;

-- What must never be true of shows and their coins, as rows; see ledger.violations.
create function ledger.show_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with tickets as (
    select
      t.show_id,
      count(*) as issued,
      min(t.number) as first,
      max(t.number) as last,
      count(*) filter (where t.status = 'valid') as valid,
      coalesce(sum(t.price) filter (where t.status = 'valid'), 0) as paid,
      coalesce(sum(t.price) filter (where t.status = 'refunded'), 0) as refunded
    from public.show_tickets t
    group by t.show_id
  ), escrow as (
    select
      x.subject_id as show_id,
      sum(e.amount) as held,
      coalesce(-sum(e.amount) filter (where x.operation = 'escrow_refund'), 0) as refunded,
      coalesce(-sum(e.amount) filter (where x.operation = 'escrow_release'), 0) as released
    from public.transfers x
    join public.entries e on e.transfer_id = x.id
    join public.wallets w on w.id = e.wallet_id
    where w.system_account = 'show_escrow'
      and x.subject_type = 'show'
    group by x.subject_id
  ), books as (
    select
      s.id,
      s.status,
      s.sold,
      s.issued,
      coalesce(t.issued, 0) as tickets,
      coalesce(t.first, 1) as first,
      coalesce(t.last, 0) as last,
      coalesce(t.valid, 0) as valid,
      coalesce(t.paid, 0) as paid,
      coalesce(t.refunded, 0) as tickets_refunded,
      coalesce(e.held, 0) as held,
      coalesce(e.refunded, 0) as refunded,
      coalesce(e.released, 0) as released
    from public.shows s
    left join tickets t on t.show_id = s.id
    left join escrow e on e.show_id = s.id
  )
  select 'escrow of a show = its valid tickets until it is over', b.id::text,
    format('%s: escrow %s, tickets %s', b.status, b.held, b.paid)
  from books b
  where b.held <> case when b.status in ('scheduled', 'live') then b.paid else 0 end

  union all

  select 'tickets are numbered 1 to n', b.id::text,
    format('%s tickets, %s to %s, counter %s', b.tickets, b.first, b.last, b.issued)
  from books b
  where (b.first, b.last, b.issued) is distinct from (1, b.tickets, b.tickets)

  union all

  select 'sold = valid tickets', b.id::text, format('sold %s, valid %s', b.sold, b.valid)
  from books b
  where b.sold <> b.valid

  union all

  select 'a cancelled show has no valid ticket', b.id::text, format('%s valid', b.valid)
  from books b
  where b.status = 'cancelled'
    and b.valid > 0

  union all

  select 'what was refunded = refunded tickets', b.id::text,
    format('refunded %s, tickets %s', b.refunded, b.tickets_refunded)
  from books b
  where b.refunded <> b.tickets_refunded

  union all

  select 'an ended show released what was paid, and no other did', b.id::text,
    format('%s: released %s, paid %s', b.status, b.released, b.paid)
  from books b
  where b.released <> case when b.status = 'ended' then b.paid else 0 end

  union all

  select 'a ticket was paid by its holder, and refunded to them once', t.id::text,
    format('price %s, paid %s, refunded %s in %s', t.price, p.amount, r.amount, r.entries)
  from public.show_tickets t
  left join public.wallets w on w.user_id = t.user_id
  cross join lateral (
    select coalesce(-sum(e.amount), 0) as amount
    from public.entries e
    where e.transfer_id = t.transfer_id
      and e.wallet_id = w.id
  ) p
  cross join lateral (
    select coalesce(sum(e.amount), 0) as amount, count(*) as entries
    from public.entries e
    where e.transfer_id = t.refund_transfer_id
      and e.wallet_id = w.id
  ) r
  where (p.amount, r.amount, r.entries) is distinct from (
    t.price,
    case when t.status = 'refunded' then t.price else 0 end,
    case when t.status = 'refunded' and t.price > 0 then 1 else 0 end
  )
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
  private.is_listed(uuid),
  private.show_access(uuid, uuid),
  private.require_show_access(uuid, uuid),
  private.require_show_ownership(uuid, uuid),
  private.create_show(
    uuid, text, text, text, bigint, integer, timestamptz, integer, text, text, boolean, text[]
  ),
  private.update_show(uuid, uuid, jsonb),
  private.start_show(uuid, uuid),
  private.join_show(uuid, uuid),
  private.remind_of_show(uuid, uuid),
  private.overdue_shows(integer),
  private.claim_show_reminders(integer, interval, interval),
  private.note_reminder_sent(uuid, uuid),
  private.give_reminder_up(uuid, uuid),
  ledger.buy_show_ticket(uuid, uuid, text, text, text),
  ledger.cancel_show(uuid, uuid, text, text, text),
  ledger.end_show(uuid, uuid, text, text, text),
  ledger.settle_overdue_show(uuid, text),
  ledger.show_violations()
  to limelight_backend;
