-- Coins for dollars: packages, purchases, and what Stripe tells of them.

create table public.coin_packages (
  id uuid primary key default gen_random_uuid(),
  coins bigint not null
    check (coins >= 1),
  price_cents bigint not null
    check (price_cents >= 50),
  currency text not null default 'usd'
    check (currency = lower(currency) and length(currency) = 3),
  valid_from timestamptz not null default '2026-01-01T00:00:00Z',
  valid_until timestamptz,
  check (valid_until > valid_from)
);

create table public.purchases (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null
    references public.users (id) on delete restrict,
  package_id uuid not null
    references public.coin_packages (id) on delete restrict,
  coins bigint not null
    check (coins >= 1),
  price_cents bigint not null
    check (price_cents >= 1),
  currency text not null,
  status text not null default 'open'
    check (status in ('open', 'pending', 'paid', 'failed', 'expired', 'mismatched')),
  idempotency_key text not null
    check (length(idempotency_key) between 1 and 255),
  request_hash text not null,
  response jsonb,
  checkout_session_id text unique,
  payment_intent_id text unique,
  transfer_id uuid unique
    references public.transfers (id) on delete restrict,
  refunded_cents bigint not null default 0,
  disputed_cents bigint not null default 0,
  taken_back_coins bigint not null default 0,
  created_at timestamptz not null default now(),
  paid_at timestamptz,
  unique (user_id, idempotency_key),
  check ((status = 'paid') = (transfer_id is not null)),
  check ((status = 'paid') = (paid_at is not null)),
  check (refunded_cents between 0 and price_cents),
  check (disputed_cents between 0 and price_cents),
  check (taken_back_coins between 0 and coins)
);

create index purchases_user on public.purchases (user_id, created_at desc, id desc);
create index purchases_package on public.purchases (package_id);

-- Every event once: its id is the key. What could not be applied says why.
create table ledger.stripe_events (
  id text primary key,
  type text not null,
  outcome text not null
    check (outcome in ('applied', 'ignored', 'unknown_purchase', 'amount_mismatch', 'paid_twice')),
  purchase_id uuid
    references public.purchases (id) on delete restrict,
  received_at timestamptz not null default now()
);

create index stripe_events_purchase on ledger.stripe_events (purchase_id);

-- A dispute as Stripe last told of it: what it takes of the payment, and how far it has come (warned 0,
-- open 1, resolved 2). Events come in any order; a dispute never goes back.
create table ledger.disputes (
  id text primary key,
  purchase_id uuid not null
    references public.purchases (id) on delete restrict,
  cents bigint not null
    check (cents >= 0),
  stage integer not null
    check (stage between 0 and 2)
);

create index disputes_purchase on ledger.disputes (purchase_id);

-- The purchase behind a checkout, made on the first request with this key. The answer is stored once
-- Stripe has made the session; until then the same request finds the same purchase, and Stripe, asked
-- with the purchase's id as its own idempotency key, the same session.
create function ledger.open_purchase(buyer uuid, package uuid, key text, request_hash text)
returns public.purchases
language plpgsql
security definer
set search_path = ''
as $$
declare
  chosen public.coin_packages;
  purchase public.purchases;
begin
  select * into purchase
  from public.purchases p
  where p.user_id = buyer
    and p.idempotency_key = key;
  if purchase.id is null then
    select * into chosen
    from public.coin_packages c
    where c.id = package
      and c.valid_from <= now()
      and (c.valid_until is null or c.valid_until > now());
    if chosen.id is null then
      perform private.fail(404, 'package_not_found');
    end if;
    insert into public.purchases as p
      (user_id, package_id, coins, price_cents, currency, idempotency_key, request_hash)
    values
      (buyer, package, chosen.coins, chosen.price_cents, chosen.currency, key, open_purchase.request_hash)
    on conflict (user_id, idempotency_key) do update
    set request_hash = p.request_hash
    returning * into purchase;
  end if;
  if purchase.request_hash <> open_purchase.request_hash then
    perform private.fail(422, 'idempotency_key_reused');
  end if;
  return purchase;
end
$$;

-- Links a purchase to its checkout session and stores the answer; the first answer stays.
create function ledger.attach_checkout(purchase uuid, session_id text, response jsonb)
returns jsonb
language sql
security definer
set search_path = ''
as $$
  update public.purchases p
  set checkout_session_id = coalesce(p.checkout_session_id, attach_checkout.session_id),
      response = coalesce(p.response, attach_checkout.response)
  where p.id = purchase
  returning p.response
$$;

-- Applies one checkout-session event, once. Coins are credited when the session is paid, the amount and
-- the currency are the purchase's, and it was not credited before.
create function ledger.apply_checkout(
  event_id text,
  event_type text,
  purchase uuid,
  session_id text,
  payment_intent_id text,
  amount_cents bigint,
  currency text,
  state text,
  request_id text
)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  bought public.purchases;
begin
  if not ledger.is_new_event(event_id, event_type) then
    return 'duplicate';
  end if;
  select * into bought
  from public.purchases p
  where p.id = purchase
  for no key update;
  if bought.id is null then
    return ledger.conclude_event(event_id, 'unknown_purchase', null);
  end if;
  if state = 'paid' then
    return ledger.conclude_event(
      event_id,
      ledger.settle_purchase(bought, event_id, session_id, payment_intent_id, amount_cents, currency, request_id),
      bought.id
    );
  end if;

  -- Nothing takes a payment back that was made, nor a payment that failed back to pending.
  update public.purchases p
  set status = state,
      checkout_session_id = coalesce(p.checkout_session_id, apply_checkout.session_id)
  where p.id = bought.id
    and (p.status = 'open' or p.status = 'pending' and state <> 'pending');
  return ledger.conclude_event(event_id, case when found then 'applied' else 'ignored' end, bought.id);
end
$$;

-- Credits the coins of a purchase that the caller has locked, once, and collects what the buyer owes.
-- A payment of another amount credits nothing, and a second payment for the same purchase neither: the
-- outcome says so, for a person to look at.
create function ledger.settle_purchase(
  bought public.purchases,
  event_id text,
  session_id text,
  payment_intent_id text,
  amount_cents bigint,
  currency text,
  request_id text
)
returns text
language plpgsql
set search_path = ''
as $$
begin
  if bought.status = 'paid' then
    return case when bought.checkout_session_id = session_id then 'ignored' else 'paid_twice' end;
  end if;
  if amount_cents is distinct from bought.price_cents or lower(currency) is distinct from bought.currency then
    update public.purchases p
    set status = 'mismatched',
        checkout_session_id = settle_purchase.session_id,
        payment_intent_id = settle_purchase.payment_intent_id
    where p.id = bought.id;
    return 'amount_mismatch';
  end if;

  update public.purchases p
  set status = 'paid',
      paid_at = now(),
      checkout_session_id = settle_purchase.session_id,
      payment_intent_id = settle_purchase.payment_intent_id,
      transfer_id = ledger.post(
        'purchase', bought.user_id, event_id, 'purchase', bought.id, settle_purchase.request_id,
        array[
          row(ledger.system_wallet('coin_sales'), 'purchase', -bought.coins, null),
          row(ledger.wallet_of(bought.user_id), 'purchase', bought.coins, null)
        ]::ledger.leg[]
      )
  where p.id = bought.id;
  perform ledger.collect_debts(bought.user_id, request_id);
  return 'applied';
end
$$;

-- The purchase behind a payment, locked. An event that overtakes its payment fails with
-- payment_not_settled, and Stripe sends it again.
create function ledger.purchase_paid_with(payment_intent_id text)
returns public.purchases
language plpgsql
set search_path = ''
as $$
declare
  bought public.purchases;
begin
  select * into bought
  from public.purchases p
  where p.payment_intent_id = purchase_paid_with.payment_intent_id
    and p.status in ('paid', 'mismatched')
  for no key update;
  if bought.id is null then
    perform private.fail(409, 'payment_not_settled');
  end if;
  return bought;
end
$$;

-- Applies one refund event, once. `cents` is what has been refunded of the payment so far: it only
-- grows, in whatever order the events come.
create function ledger.apply_refund(
  event_id text,
  event_type text,
  payment_intent_id text,
  cents bigint,
  request_id text
)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  bought public.purchases;
begin
  if not ledger.is_new_event(event_id, event_type) then
    return 'duplicate';
  end if;
  bought := ledger.purchase_paid_with(payment_intent_id);
  bought.refunded_cents := greatest(bought.refunded_cents, least(cents, bought.price_cents));
  return ledger.conclude_event(
    event_id,
    ledger.take_back(bought, 'refund', event_id, request_id),
    bought.id
  );
end
$$;

-- Applies one dispute event, once. `cents` is what the dispute takes of the payment: nothing while it
-- is a warning and when it was won, and then the coins are given back.
create function ledger.apply_dispute(
  event_id text,
  event_type text,
  dispute_id text,
  payment_intent_id text,
  cents bigint,
  stage integer,
  request_id text
)
returns text
language plpgsql
security definer
set search_path = ''
as $$
declare
  bought public.purchases;
begin
  if not ledger.is_new_event(event_id, event_type) then
    return 'duplicate';
  end if;
  bought := ledger.purchase_paid_with(payment_intent_id);

  insert into ledger.disputes as d (id, purchase_id, cents, stage)
  values (dispute_id, bought.id, apply_dispute.cents, apply_dispute.stage)
  on conflict (id) do update
  set cents = excluded.cents,
      stage = excluded.stage
  where d.stage <= excluded.stage;

  select least(coalesce(sum(d.cents), 0), bought.price_cents) into bought.disputed_cents
  from ledger.disputes d
  where d.purchase_id = bought.id;
  return ledger.conclude_event(
    event_id,
    ledger.take_back(bought, 'dispute', event_id, request_id),
    bought.id
  );
end
$$;

-- Makes what was taken back of a purchase equal to what was refunded and is disputed of its payment, in
-- proportion and rounded down. What the wallet cannot pay is its debt.
create function ledger.take_back(bought public.purchases, reason text, event_id text, request_id text)
returns text
language plpgsql
set search_path = ''
as $$
declare
  cents bigint := least(bought.refunded_cents + bought.disputed_cents, bought.price_cents);
  due bigint := div(bought.coins::numeric * cents, bought.price_cents)::bigint - bought.taken_back_coins;
begin
  if bought.status <> 'paid' then
    return 'ignored';
  end if;
  if due > 0 then
    perform ledger.claw_back(
      bought.user_id, due,
      case reason when 'refund' then 'purchase_refund' else 'purchase_dispute' end,
      reason, bought.id, event_id, request_id
    );
  elsif due < 0 then
    perform ledger.give_back(bought.user_id, -due, bought.id, event_id, request_id);
  end if;

  update public.purchases p
  set refunded_cents = bought.refunded_cents,
      disputed_cents = bought.disputed_cents,
      taken_back_coins = p.taken_back_coins + due
  where p.id = bought.id;
  return 'applied';
end
$$;

-- Gives back coins of a dispute that was won: first by forgiving what is still owed for it, then as
-- coins.
create function ledger.give_back(owner uuid, amount bigint, purchase uuid, key text, request_id text)
returns void
language plpgsql
set search_path = ''
as $$
declare
  wallet bigint := ledger.wallet_of(owner);
  debt ledger.debts;
  forgiven bigint;
  left_over bigint := amount;
begin
  for debt in
    select *
    from ledger.debts d
    where d.wallet_id = wallet
      and d.subject_id = purchase
      and d.collected < d.amount
    order by d.id desc
    for no key update
  loop
    forgiven := least(debt.amount - debt.collected, left_over);
    exit when forgiven = 0;
    if forgiven = debt.amount then
      delete from ledger.debts d where d.id = debt.id;
    else
      update ledger.debts d set amount = d.amount - forgiven where d.id = debt.id;
    end if;
    left_over := left_over - forgiven;
  end loop;
  if left_over > 0 then
    perform ledger.post(
      'dispute_won', owner, key, 'purchase', purchase, request_id,
      array[
        row(ledger.system_wallet('coin_sales'), 'dispute', -left_over, null),
        row(wallet, 'dispute', left_over, null)
      ]::ledger.leg[]
    );
  end if;
end
$$;

-- Notes an event of a kind that moves nothing.
create function ledger.ignore_event(event_id text, event_type text)
returns text
language plpgsql
security definer
set search_path = ''
as $$
begin
  if not ledger.is_new_event(event_id, event_type) then
    return 'duplicate';
  end if;
  return ledger.conclude_event(event_id, 'ignored', null);
end
$$;

create function ledger.is_new_event(event_id text, event_type text)
returns boolean
language plpgsql
set search_path = ''
as $$
begin
  insert into ledger.stripe_events (id, type, outcome)
  values (event_id, event_type, 'ignored')
  on conflict do nothing;
  return found;
end
$$;

create function ledger.conclude_event(event_id text, outcome text, purchase uuid)
returns text
language sql
set search_path = ''
as $$
  update ledger.stripe_events e
  set outcome = conclude_event.outcome,
      purchase_id = purchase
  where e.id = event_id
  returning e.outcome
$$;

alter table public.coin_packages enable row level security;
alter table public.purchases enable row level security;
alter table ledger.stripe_events enable row level security;
alter table ledger.disputes enable row level security;

grant select on public.coin_packages to anon, authenticated;
create policy coin_packages_read on public.coin_packages
  for select to anon, authenticated
  using (valid_from <= now() and (valid_until is null or valid_until > now()));
grant select (id, user_id, package_id, coins, price_cents, currency, status, created_at, paid_at)
  on public.purchases to authenticated;
create policy purchases_read_own on public.purchases
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));

grant select on public.coin_packages, public.purchases, ledger.stripe_events, ledger.disputes
  to limelight_backend;
create policy coin_packages_backend on public.coin_packages for select to limelight_backend using (true);
create policy purchases_backend on public.purchases for select to limelight_backend using (true);
create policy stripe_events_backend on ledger.stripe_events for select to limelight_backend using (true);
create policy disputes_backend on ledger.disputes for select to limelight_backend using (true);

grant execute on function
  ledger.open_purchase(uuid, uuid, text, text),
  ledger.attach_checkout(uuid, text, jsonb),
  ledger.apply_checkout(text, text, uuid, text, text, bigint, text, text, text),
  ledger.apply_refund(text, text, text, bigint, text),
  ledger.apply_dispute(text, text, text, text, bigint, integer, text),
  ledger.ignore_event(text, text)
  to limelight_backend;

insert into public.coin_packages (id, coins, price_cents)
values
  ('00000000-0000-4000-9000-000000000001', 20, 399),
  ('00000000-0000-4000-9000-000000000002', 50, 999),
  ('00000000-0000-4000-9000-000000000003', 100, 1699),
  ('00000000-0000-4000-9000-000000000004', 250, 3999),
  ('00000000-0000-4000-9000-000000000005', 500, 7499),
  ('00000000-0000-4000-9000-000000000006', 1000, 14299),
  ('00000000-0000-4000-9000-000000000007', 3000, 42999);
