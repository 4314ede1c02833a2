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
    check (status in ('open', 'pending', 'paid', 'failed', 'expired')),
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
    check (outcome in ('applied', 'ignored', 'unknown_purchase', 'amount_mismatch')),
  purchase_id uuid
    references public.purchases (id) on delete restrict,
  received_at timestamptz not null default now()
);

create index stripe_events_purchase on ledger.stripe_events (purchase_id);

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
    and (p.checkout_session_id is null or p.checkout_session_id = apply_checkout.session_id)
  for no key update;
  if bought.id is null then
    return ledger.conclude_event(event_id, 'unknown_purchase', null);
  end if;
  if bought.status = 'paid' then
    return ledger.conclude_event(event_id, 'ignored', bought.id);
  end if;
  if state <> 'paid' then
    update public.purchases p
    set status = state,
        checkout_session_id = apply_checkout.session_id,
        payment_intent_id = coalesce(apply_checkout.payment_intent_id, p.payment_intent_id)
    where p.id = bought.id;
    return ledger.conclude_event(event_id, 'applied', bought.id);
  end if;
  if amount_cents is distinct from bought.price_cents or lower(currency) is distinct from bought.currency then
    return ledger.conclude_event(event_id, 'amount_mismatch', bought.id);
  end if;

  update public.purchases p
  set status = 'paid',
      paid_at = now(),
      checkout_session_id = apply_checkout.session_id,
      payment_intent_id = apply_checkout.payment_intent_id,
      transfer_id = ledger.post(
        'purchase', bought.user_id, event_id, 'purchase', bought.id, apply_checkout.request_id,
        array[
          row(ledger.system_wallet('coin_sales'), 'purchase', -bought.coins, null),
          row(ledger.wallet_of(bought.user_id), 'purchase', bought.coins, null)
        ]::ledger.leg[]
      )
  where p.id = bought.id;
  perform ledger.collect_debts(bought.user_id, request_id);
  return ledger.conclude_event(event_id, 'applied', bought.id);
end
$$;

-- Applies one refund or dispute event, once. `cents` is what has been refunded or disputed of the
-- payment so far. The coins that stand for it are taken back, in proportion and rounded down; what the
-- wallet cannot pay is its debt. A dispute that was won (`cents` 0) gives the coins back.
--
-- An event that overtakes its payment fails with payment_not_settled, and Stripe sends it again.
create function ledger.apply_take_back(
  event_id text,
  event_type text,
  kind text,
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
  refunded bigint;
  disputed bigint;
  due bigint;
begin
  if not ledger.is_new_event(event_id, event_type) then
    return 'duplicate';
  end if;
  select * into bought
  from public.purchases p
  where p.payment_intent_id = apply_take_back.payment_intent_id
    and p.status = 'paid'
  for no key update;
  if bought.id is null then
    perform private.fail(409, 'payment_not_settled');
  end if;

  refunded := case when kind = 'refund' then greatest(least(cents, bought.price_cents), bought.refunded_cents)
    else bought.refunded_cents end;
  disputed := case when kind = 'dispute' then least(cents, bought.price_cents) else bought.disputed_cents end;
  due := div(bought.coins::numeric * least(refunded + disputed, bought.price_cents), bought.price_cents)::bigint
    - bought.taken_back_coins;

  if due > 0 then
    perform ledger.claw_back(
      bought.user_id, due,
      case kind when 'refund' then 'purchase_refund' else 'purchase_dispute' end,
      kind, bought.id, event_id, request_id
    );
  elsif due < 0 then
    perform ledger.give_back(bought.user_id, -due, bought.id, event_id, request_id);
  end if;

  update public.purchases p
  set refunded_cents = refunded,
      disputed_cents = disputed,
      taken_back_coins = p.taken_back_coins + due
  where p.id = bought.id;
  return ledger.conclude_event(event_id, 'applied', bought.id);
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

grant select on public.coin_packages to anon, authenticated;
create policy coin_packages_read on public.coin_packages
  for select to anon, authenticated
  using (valid_from <= now() and (valid_until is null or valid_until > now()));
grant select (id, user_id, package_id, coins, price_cents, currency, status, created_at, paid_at)
  on public.purchases to authenticated;
create policy purchases_read_own on public.purchases
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));

grant select on public.coin_packages, public.purchases, ledger.stripe_events to limelight_backend;
create policy coin_packages_backend on public.coin_packages for select to limelight_backend using (true);
create policy purchases_backend on public.purchases for select to limelight_backend using (true);
create policy stripe_events_backend on ledger.stripe_events for select to limelight_backend using (true);

grant execute on function
  ledger.open_purchase(uuid, uuid, text, text),
  ledger.attach_checkout(uuid, text, jsonb),
  ledger.apply_checkout(text, text, uuid, text, text, bigint, text, text, text),
  ledger.apply_take_back(text, text, text, text, bigint, text),
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
