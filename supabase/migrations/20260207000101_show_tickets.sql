-- Tickets of shows. Their coins wait in show_escrow: they go to the creator when the show ends, and back to
-- the buyers when it is cancelled, in the transaction that says so. The show's row is locked before any
-- wallet; who is refunded or paid is credited, so that no wallet is locked for it.

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

grant execute on function
  ledger.buy_show_ticket(uuid, uuid, text, text, text),
  ledger.cancel_show(uuid, uuid, text, text, text),
  ledger.end_show(uuid, uuid, text, text, text),
  private.overdue_shows(integer),
  ledger.settle_overdue_show(uuid, text)
  to limelight_backend;
