-- Gifts, tips and tickets: coins, row, chat line, totals and outbox event in one transaction.

alter table public.transfers drop constraint transfers_operation_check;
alter table public.transfers add constraint transfers_operation_check
  check (operation in (
    'gift', 'wallet_adjustment', 'hold_capture', 'escrow_deposit', 'escrow_release', 'escrow_refund',
    'payout_request', 'payout_settlement', 'payout_return', 'purchase', 'purchase_refund',
    'purchase_dispute', 'dispute_won', 'debt_collection', 'tip', 'stream_ticket'
  ));

-- Pays a stream's host out of a viewer's wallet, less the platform's share.
create function ledger.pay_host(
  operation text,
  type text,
  payer uuid,
  host uuid,
  amount bigint,
  description text,
  stream uuid,
  key text,
  request_id text
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  fee bigint := ledger.fee(operation, amount);
begin
  return ledger.post(
    operation, payer, key, 'stream', stream, request_id,
    array[
      row(ledger.wallet_of(payer), type, -amount, description),
      row(ledger.wallet_of(host), type, amount - fee, description)
    ]::ledger.leg[] || case when fee > 0 then ledger.fee_leg(fee) end
  );
end
$$;

-- The host of a live stream that the supporter has access to, and that is not their own.
create function private.require_support(stream uuid, supporter uuid)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  host uuid;
begin
  perform private.require_stream_access(stream, supporter);
  perform private.require_live(stream);
  select s.creator_id into host from public.streams s where s.id = stream;
  if host = supporter then
    perform private.fail(403, 'own_stream');
  end if;
  return host;
end
$$;

-- A gift: coins, gift row, chat line, supporter total, goals and outbox event in one transaction and one
-- round trip. The stored answer carries the sender's new balance.
create or replace function ledger.gift(
  sender uuid,
  stream uuid,
  gift uuid,
  quantity integer,
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
  host uuid;
  chosen public.virtual_gifts;
  cost bigint;
  sent public.stream_gifts;
begin
  response := ledger.claim(sender, 'gift', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  host := private.require_support(stream, sender);
  select * into chosen from public.virtual_gifts g where g.id = gift and g.is_active;
  if chosen.id is null then
    perform private.fail(404, 'gift_not_found');
  end if;
  cost := chosen.price * quantity;

  insert into public.stream_gifts
    (stream_id, sender_id, gift_id, transfer_id, quantity, total_coins, created_at)
  values (
    stream, sender, gift,
    ledger.pay_host('gift', 'gift', sender, host, cost, chosen.name, stream, key, request_id),
    gift.quantity, cost, private.now()
  )
  returning * into sent;

  insert into public.stream_messages (stream_id, user_id, kind, content, gift_id, created_at)
  values (
    stream, sender, 'gift', format('sent %s × %s', gift.quantity, chosen.name), sent.id, sent.created_at
  );
  perform private.count_support(stream, sender, cost, quantity, sent.created_at);

  response := jsonb_build_object(
    'stream_gift', jsonb_build_object(
      'id', sent.id,
      'stream_id', stream,
      'sender_id', sender,
      'transfer_id', sent.transfer_id,
      'quantity', sent.quantity,
      'total_coins', sent.total_coins,
      'created_at', sent.created_at
    ),
    'gift', to_jsonb(chosen) - 'is_active',
    'balance', ledger.balance_of(sender)
  );
  perform private.tell(
    'stream:' || stream,
    'gift',
    jsonb_build_object(
      'streamGiftId', sent.id,
      'sender', private.mini_user(sender),
      'gift', jsonb_build_object('id', chosen.id, 'name', chosen.name, 'animation', chosen.animation),
      'quantity', sent.quantity,
      'totalCoins', sent.total_coins
    )
  );
  perform ledger.remember(sender, 'gift', key, response);
end
$$;

-- Fails while the host keeps this viewer from writing: the words of a tip are read in the chat. Slow mode
-- does not hold them back, as a tip has its price.
create function private.require_voice(stream uuid, speaker uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  silent_until timestamptz;
begin
  select t.ends_at into silent_until
  from public.stream_timeouts t
  where t.stream_id = stream
    and t.user_id = speaker;
  if silent_until > private.now() then
    perform private.fail(403, 'timed_out', private.remaining(silent_until));
  end if;
end
$$;

-- A tip does what a gift does, with an amount of the sender's choice. Its chat line is the message, or says
-- what was given.
create function ledger.tip(
  sender uuid,
  stream uuid,
  amount bigint,
  message text,
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
  host uuid;
  sent public.stream_tips;
begin
  response := ledger.claim(sender, 'tip', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  host := private.require_support(stream, sender);
  if message is not null then
    perform private.require_voice(stream, sender);
  end if;
  insert into public.stream_tips (stream_id, sender_id, transfer_id, amount, message)
  values (
    stream, sender,
    ledger.pay_host('tip', 'stream_tip', sender, host, tip.amount, null, stream, key, request_id),
    tip.amount, tip.message
  )
  returning * into sent;

  insert into public.stream_messages (stream_id, user_id, kind, content, tip_id, created_at)
  values (
    stream, sender, 'tip', coalesce(sent.message, format('tipped %s', sent.amount)), sent.id, sent.created_at
  );
  perform private.count_support(stream, sender, sent.amount, 0, sent.created_at);

  response := jsonb_build_object(
    'stream_tip', jsonb_build_object(
      'id', sent.id,
      'stream_id', stream,
      'sender_id', sender,
      'transfer_id', sent.transfer_id,
      'amount', sent.amount,
      'message', sent.message,
      'created_at', sent.created_at
    ),
    'balance', ledger.balance_of(sender)
  );
  perform private.tell(
    'stream:' || stream,
    'tip',
    jsonb_build_object(
      'streamTipId', sent.id,
      'sender', private.mini_user(sender),
      'amount', sent.amount,
      'message', sent.message
    )
  );
  perform ledger.remember(sender, 'tip', key, response);
end
$$;

-- What buyers of a stream's tickets hold together, and whoever changes what they buy has alone. A share of
-- the stream's row would do the same and more: shares of a row let newcomers past whoever waits to change
-- it, and while tickets sell well its host could not even be heard.
create function private.sale_lock(stream uuid)
returns bigint
language sql
immutable
set search_path = ''
as $$
  select hashtextextended('sale ' || stream, 0)
$$;

create function private.wait_for_buyers()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(private.sale_lock(new.id));
  return new;
end
$$;

create trigger streams_wait_for_buyers before update of status, privacy, ticket_price on public.streams
  for each row when (
    old.privacy = 'ticketed'
    and (old.status, old.privacy, old.ticket_price)
      is distinct from (new.status, new.privacy, new.ticket_price)
  )
  execute function private.wait_for_buyers();

-- The stream that the buyer may buy a ticket of: its price, privacy and status stay as they are read here
-- until the transaction ends. Whoever may not know of the stream, or is kept out of it, is told so first.
create function private.require_sale(stream uuid, buyer uuid)
returns public.streams
language plpgsql
set search_path = ''
as $$
declare
  verdict text := private.stream_access(stream, buyer);
  sold public.streams;
begin
  case verdict
    when 'not_found' then
      perform private.fail(404, 'not_found');
    when 'banned', 'blocked' then
      perform private.fail(403, verdict);
    when 'owner' then
      perform private.fail(403, 'own_stream');
    else
      -- The ticket's foreign key takes the row's weakest lock; whoever keeps references away from the
      -- stream while they change it must meet the buyer here and not there.
      perform from public.streams s where s.id = stream for key share;
      perform pg_advisory_xact_lock_shared(private.sale_lock(stream));
  end case;

  select * into sold from public.streams s where s.id = stream;
  if sold.privacy <> 'ticketed' then
    perform private.fail(409, 'not_ticketed');
  end if;
  if sold.status = 'ended' then
    perform private.fail(409, 'stream_ended');
  end if;
  return sold;
end
$$;

-- A ticket, once a viewer, at the stream's price of this moment; the host has the coins at once. It buys a
-- seat and is no support: it adds to no supporter's total and moves no goal. A live stream's chat shows who
-- came in; before the stream there is no chat to show it in.
create function ledger.buy_ticket(
  buyer uuid,
  stream uuid,
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
  sold public.streams;
  ticket public.stream_tickets;
begin
  response := ledger.claim(buyer, 'stream_ticket', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  sold := private.require_sale(stream, buyer);
  -- Two purchases of one buyer take turns at the wallet, so that the second sees the first's ticket.
  perform ledger.fold(ledger.wallet_of(buyer));
  if exists (select from public.stream_tickets t where t.stream_id = stream and t.user_id = buyer) then
    perform private.fail(409, 'ticket_exists');
  end if;
  insert into public.stream_tickets (stream_id, user_id, transfer_id, price, created_at)
  values (
    stream, buyer,
    ledger.pay_host(
      'stream_ticket', 'stream_ticket', buyer, sold.creator_id, sold.ticket_price, sold.title,
      stream, key, request_id
    ),
    sold.ticket_price, private.now()
  )
  returning * into ticket;

  insert into public.stream_messages (stream_id, user_id, kind, content, created_at)
  select stream, buyer, 'system', 'came in with a ticket', ticket.created_at
  where sold.status = 'live';

  response := jsonb_build_object(
    'ticket', jsonb_build_object(
      'id', ticket.id,
      'stream_id', stream,
      'user_id', buyer,
      'transfer_id', ticket.transfer_id,
      'price', ticket.price,
      'created_at', ticket.created_at
    ),
    'balance', ledger.balance_of(buyer)
  );
  perform private.tell(
    'stream:' || stream,
    'ticket',
    jsonb_build_object('ticketId', ticket.id, 'buyer', private.mini_user(buyer), 'price', ticket.price)
  );
  perform ledger.remember(buyer, 'stream_ticket', key, response);
end
$$;

-- What must never be true of gifts, tips, tickets, supporters and goals; empty, as ledger.violations.
create function ledger.support_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with paid as (
    select g.transfer_id, 'gift' as operation, g.stream_id, g.sender_id as payer, g.total_coins as coins
    from public.stream_gifts g
    union all
    select t.transfer_id, 'tip', t.stream_id, t.sender_id, t.amount
    from public.stream_tips t
    union all
    select t.transfer_id, 'stream_ticket', t.stream_id, t.user_id, t.price
    from public.stream_tickets t
  ), moved as (
    select
      t.id as transfer_id,
      t.operation,
      t.subject_id as stream_id,
      t.actor_id as payer,
      coalesce(-sum(e.amount) filter (where w.user_id = t.actor_id), 0) as coins,
      coalesce(
        sum(e.amount) filter (where w.user_id = s.creator_id or w.system_account = 'platform_fees'), 0
      ) as received
    from public.transfers t
    left join public.streams s on s.id = t.subject_id
    left join public.entries e on e.transfer_id = t.id
    left join public.wallets w on w.id = e.wallet_id
    where t.operation in ('gift', 'tip', 'stream_ticket')
    group by t.id, s.id
  ), given as (
    select x.stream_id, x.user_id, sum(x.coins) as coins, sum(x.gifts) as gifts
    from (
      select g.stream_id, g.sender_id as user_id, g.total_coins as coins, g.quantity as gifts
      from public.stream_gifts g
      union all
      select t.stream_id, t.sender_id, t.amount, 0
      from public.stream_tips t
    ) x
    group by x.stream_id, x.user_id
  ), supported as (
    select x.stream_id, sum(x.coins) as coins
    from public.stream_supporters x
    group by x.stream_id
  ), income as (
    select i.stream_id, sum(i.coins) as coins
    from public.stream_income i
    group by i.stream_id
  )
  select 'what was paid is what was moved', coalesce(p.transfer_id, m.transfer_id)::text,
    format('%s of %s coins, %s of %s', p.operation, p.coins, m.operation, m.coins)
  from paid p
  full join moved m on m.transfer_id = p.transfer_id
  where (p.operation, p.stream_id, p.payer, p.coins)
      is distinct from (m.operation, m.stream_id, m.payer, m.coins)

  union all

  select 'host and platform have what was paid', m.transfer_id::text,
    format('paid %s, received %s', m.coins, m.received)
  from moved m
  where m.received <> m.coins

  union all

  select 'a supporter''s total = gifts and tips', coalesce(s.user_id, g.user_id)::text,
    format('total %s in %s gifts, given %s in %s', s.coins, s.gifts, g.coins, g.gifts)
  from public.stream_supporters s
  full join given g on g.stream_id = s.stream_id and g.user_id = s.user_id
  where (s.coins, s.gifts) is distinct from (g.coins, g.gifts)

  union all

  select 'a stream''s income = its supporters'' totals', coalesce(i.stream_id, s.stream_id)::text,
    format('income %s, supporters %s', i.coins, s.coins)
  from income i
  full join supported s on s.stream_id = i.stream_id
  where i.coins is distinct from s.coins

  union all

  select 'a goal has no more than was given since', g.id::text,
    format('progress %s after %s, income %s', g.progress, g.given_before, i.coins)
  from public.stream_goals g
  left join income i on i.stream_id = g.stream_id
  where g.given_before + g.progress > coalesce(i.coins, 0)
$$;

grant execute on function
  ledger.tip(uuid, uuid, bigint, text, text, text, text),
  ledger.buy_ticket(uuid, uuid, text, text, text),
  ledger.support_violations()
  to limelight_backend;
