-- How a show is announced, changed, started and joined, and who wants to be reminded of it.

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

grant execute on function
  private.create_show(
    uuid, text, text, text, bigint, integer, timestamptz, integer, text, text, boolean, text[]
  ),
  private.update_show(uuid, uuid, jsonb),
  private.start_show(uuid, uuid),
  private.join_show(uuid, uuid),
  private.remind_of_show(uuid, uuid)
  to limelight_backend;
