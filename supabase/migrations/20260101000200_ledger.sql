-- The double-entry ledger. Unit: the coin, a whole 64-bit number.
--
-- One transfer is one business movement; its entries sum to zero. A user's wallet is debited under a
-- guard (balance - held >= amount) and credited without touching its row: a credit is an entry and
-- a pending credit, folded into the balance when the owner next spends. So a thousand fans who gift
-- at once never queue on the creator's row, and no system account is ever a hot row.
--
--   balance of a wallet = wallets.balance + sum(ledger.pending_credits.amount)

create table public.wallets (
  id bigint generated always as identity primary key,
  user_id uuid unique
    references public.users (id) on delete restrict,
  system_account text unique
    check (system_account in ('coin_sales', 'promo', 'payout_clearing', 'show_escrow', 'platform_fees')),
  balance bigint not null default 0,
  held_balance bigint not null default 0,
  created_at timestamptz not null default now(),
  check ((user_id is null) <> (system_account is null)),
  check (system_account is not null or held_balance >= 0),
  check (system_account is not null or held_balance <= balance)
) with (fillfactor = 60);

insert into public.wallets (system_account)
values ('coin_sales'), ('promo'), ('payout_clearing'), ('show_escrow'), ('platform_fees');

create table public.transfers (
  id uuid primary key default gen_random_uuid(),
  operation text not null
    check (operation in (
      'gift', 'wallet_adjustment', 'hold_capture', 'escrow_deposit', 'escrow_release', 'escrow_refund',
      'payout_request', 'payout_settlement', 'payout_return', 'purchase', 'purchase_refund',
      'purchase_dispute', 'dispute_won', 'debt_collection'
    )),
  actor_id uuid not null
    references public.users (id) on delete restrict,
  idempotency_key text not null
    check (length(idempotency_key) between 1 and 255),
  subject_type text not null,
  subject_id uuid not null,
  reverses uuid unique
    references public.transfers (id) on delete restrict,
  request_id text not null,
  created_at timestamptz not null default now(),
  unique (actor_id, operation, idempotency_key)
);

create index transfers_subject on public.transfers (subject_type, subject_id);

create table public.entries (
  id bigint generated always as identity primary key,
  transfer_id uuid not null
    references public.transfers (id) on delete restrict,
  wallet_id bigint not null
    references public.wallets (id) on delete restrict,
  type text not null
    check (type in (
      'purchase', 'gift', 'stream_tip', 'stream_ticket', 'call_charge', 'call_earnings',
      'show_ticket', 'show_earnings', 'message_unlock', 'dm_tip', 'refund', 'dispute', 'payout',
      'payout_return', 'promo_credit', 'adjustment', 'platform_fee'
    )),
  amount bigint not null
    check (amount <> 0),
  description text
    check (length(description) <= 500),
  created_at timestamptz not null default now()
);

create index entries_wallet on public.entries (wallet_id, id desc);
create index entries_wallet_type on public.entries (wallet_id, type, id desc);
create index entries_transfer on public.entries (transfer_id);

-- What has been posted to a wallet but not yet added to its row.
create table ledger.pending_credits (
  entry_id bigint primary key
    references public.entries (id) on delete restrict,
  wallet_id bigint not null
    references public.wallets (id) on delete restrict,
  amount bigint not null
);

create index pending_credits_wallet on ledger.pending_credits (wallet_id) include (amount);

-- The first answer to a money request, written in the transaction that moved the money.
create table ledger.idempotency_keys (
  user_id uuid not null
    references public.users (id) on delete restrict,
  operation text not null,
  key text not null
    check (length(key) between 1 and 255),
  request_hash text not null,
  response jsonb,
  created_at timestamptz not null default now(),
  primary key (user_id, operation, key)
);

create index idempotency_keys_age on ledger.idempotency_keys (created_at);

-- The platform's share of an operation, in basis points of what the payer pays; 0 where no row is.
create table ledger.fee_rates (
  operation text primary key,
  basis_points integer not null
    check (basis_points between 0 and 10000)
);

-- Nobody rewrites history: a correction is a reversing transfer.
create function ledger.refuse_rewrite()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  raise exception '% on %.% is refused: ledger rows are immutable', tg_op, tg_table_schema, tg_table_name
    using errcode = 'restrict_violation';
end
$$;

create trigger transfers_immutable before update or delete on public.transfers
  for each row execute function ledger.refuse_rewrite();
create trigger transfers_keep before truncate on public.transfers
  for each statement execute function ledger.refuse_rewrite();
create trigger entries_immutable before update or delete on public.entries
  for each row execute function ledger.refuse_rewrite();
create trigger entries_keep before truncate on public.entries
  for each statement execute function ledger.refuse_rewrite();

-- A user's wallet as one row: what the owner has, what is held, what can be spent.
create view public.balances
with (security_invoker = true)
as
select
  w.user_id,
  w.balance + p.pending as balance,
  w.held_balance,
  w.balance + p.pending - w.held_balance as available_balance
from public.wallets w
cross join lateral (
  select coalesce(sum(c.amount), 0)::bigint as pending
  from ledger.pending_credits c
  where c.wallet_id = w.id
) p
where w.user_id is not null;

-- The stored answer to this key, or null when this request is the first. A second request with the
-- same key waits for the first to commit; with another payload it is refused.
create function ledger.claim(actor uuid, operation text, key text, request_hash text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  stored ledger.idempotency_keys;
begin
  insert into ledger.idempotency_keys (user_id, operation, key, request_hash)
  values (actor, claim.operation, claim.key, claim.request_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;

  select * into strict stored
  from ledger.idempotency_keys k
  where k.user_id = actor
    and k.operation = claim.operation
    and k.key = claim.key;
  if stored.request_hash <> claim.request_hash then
    perform private.fail(422, 'idempotency_key_reused');
  end if;
  return stored.response;
end
$$;

create function ledger.remember(actor uuid, operation text, key text, response jsonb)
returns void
language sql
set search_path = ''
as $$
  update ledger.idempotency_keys k
  set response = remember.response
  where k.user_id = actor
    and k.operation = remember.operation
    and k.key = remember.key
$$;

create function ledger.wallet_of(owner uuid)
returns bigint
language plpgsql
stable
set search_path = ''
as $$
declare
  wallet bigint;
begin
  select id into wallet
  from public.wallets
  where user_id = owner;
  if wallet is null then
    perform private.fail(404, 'not_found');
  end if;
  return wallet;
end
$$;

create function ledger.system_wallet(account text)
returns bigint
language sql
stable
set search_path = ''
as $$
  select id
  from public.wallets
  where system_account = account
$$;

-- The platform's share of a payment, rounded down to the creator's benefit.
create function ledger.fee(operation text, amount bigint)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(
    (
      select div(fee.amount::numeric * r.basis_points, 10000)::bigint
      from ledger.fee_rates r
      where r.operation = fee.operation
    ),
    0
  )
$$;

-- Adds the pending credits of one wallet to its row. The row is locked first, so two folds of one
-- wallet take turns and neither sees the other's credits.
create function ledger.fold(wallet bigint)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform from public.wallets where id = wallet for no key update;

  with folded as (
    delete from ledger.pending_credits
    where wallet_id = wallet
    returning amount
  )
  update public.wallets
  set balance = balance + (select coalesce(sum(amount), 0) from folded)
  where id = wallet;
end
$$;

-- Takes coins from a user's wallet or fails with insufficient_balance. The common case is one
-- guarded update; only a wallet that cannot pay from its row is folded and asked again.
create function ledger.debit(wallet bigint, amount bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  available bigint;
begin
  update public.wallets w
  set balance = w.balance - debit.amount
  where w.id = wallet
    and w.balance - w.held_balance >= debit.amount;
  if found then
    return;
  end if;

  perform ledger.fold(wallet);

  update public.wallets w
  set balance = w.balance - debit.amount
  where w.id = wallet
    and w.balance - w.held_balance >= debit.amount;
  if found then
    return;
  end if;

  select w.balance - w.held_balance into available
  from public.wallets w
  where w.id = wallet;
  perform private.fail(
    402,
    'insufficient_balance',
    jsonb_build_object('required', debit.amount, 'available', available)
  );
end
$$;

create type ledger.leg as (
  wallet_id bigint,
  type text,
  amount bigint,
  description text
);

-- Posts one transfer: checks that its legs sum to zero, debits the users' wallets in ascending
-- order of their ids (so that no mix of transfers can deadlock), then writes the entries; credits
-- and system accounts are left pending.
create function ledger.post(
  operation text,
  actor uuid,
  key text,
  subject_type text,
  subject_id uuid,
  request_id text,
  legs ledger.leg[],
  reverses uuid default null
)
returns uuid
language plpgsql
set search_path = ''
as $$
declare
  transfer uuid;
  due record;
begin
  -- A share of nothing is no entry.
  legs := array(select l from unnest(legs) l where l.amount is distinct from 0);
  if (select sum(l.amount) from unnest(legs) l) is distinct from 0 then
    raise exception 'the legs of a transfer must sum to zero'
      using errcode = 'check_violation';
  end if;

  for due in
    select l.wallet_id, -sum(l.amount)::bigint as amount
    from unnest(legs) l
    join public.wallets w on w.id = l.wallet_id
    where w.user_id is not null
      and l.amount < 0
    group by l.wallet_id
    order by l.wallet_id
  loop
    perform ledger.debit(due.wallet_id, due.amount);
  end loop;

  insert into public.transfers
    (operation, actor_id, idempotency_key, subject_type, subject_id, request_id, reverses)
  values
    (post.operation, actor, key, post.subject_type, post.subject_id, post.request_id, post.reverses)
  on conflict on constraint transfers_actor_id_operation_idempotency_key_key do nothing
  returning id into transfer;
  if transfer is null then
    perform private.fail(422, 'idempotency_key_reused');
  end if;

  with posted as (
    insert into public.entries (transfer_id, wallet_id, type, amount, description)
    select transfer, l.wallet_id, l.type, l.amount, l.description
    from unnest(legs) l
    returning id, wallet_id, amount
  )
  insert into ledger.pending_credits (entry_id, wallet_id, amount)
  select p.id, p.wallet_id, p.amount
  from posted p
  join public.wallets w on w.id = p.wallet_id
  where w.system_account is not null
     or p.amount > 0;

  return transfer;
end
$$;

create function ledger.balance_of(owner uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select b.balance
  from public.balances b
  where b.user_id = owner
$$;

-- An admin's promo (positive) or correction (negative), against the promo account, with its audit row.
create function ledger.adjust(
  admin uuid,
  owner uuid,
  amount bigint,
  reason text,
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
  transfer uuid;
  before bigint;
  kind text := case when amount > 0 then 'promo_credit' else 'adjustment' end;
begin
  response := ledger.claim(admin, 'wallet_adjustment', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  before := ledger.balance_of(owner);
  transfer := ledger.post(
    'wallet_adjustment', admin, key, 'user', owner, request_id,
    array[
      row(ledger.wallet_of(owner), kind, amount, reason),
      row(ledger.system_wallet('promo'), kind, -amount, reason)
    ]::ledger.leg[]
  );

  insert into public.audit_log (actor_id, action, subject_type, subject_id, before, after, request_id)
  values (
    admin, 'wallet.adjust', 'user', owner,
    jsonb_build_object('balance', before),
    jsonb_build_object('balance', before + amount, 'amount', amount, 'reason', reason, 'transferId', transfer),
    adjust.request_id
  );

  response := jsonb_build_object(
    'transfer_id', transfer,
    'user_id', owner,
    'amount', amount,
    'balance', ledger.balance_of(owner)
  );
  perform ledger.remember(admin, 'wallet_adjustment', key, response);
end
$$;

alter table public.wallets enable row level security;
alter table public.transfers enable row level security;
alter table public.entries enable row level security;
alter table ledger.pending_credits enable row level security;
alter table ledger.idempotency_keys enable row level security;
alter table ledger.fee_rates enable row level security;

-- An owner reads; nobody writes but the functions above.
grant usage on schema ledger to authenticated;
grant select on public.wallets, public.entries, public.balances, ledger.pending_credits to authenticated;
create policy wallets_read_own on public.wallets
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));
create policy entries_read_own on public.entries
  for select to authenticated
  using (wallet_id in (select w.id from public.wallets w where w.user_id = (select auth.uid())));
create policy pending_credits_read_own on ledger.pending_credits
  for select to authenticated
  using (wallet_id in (select w.id from public.wallets w where w.user_id = (select auth.uid())));

grant select on
  public.wallets, public.transfers, public.entries, public.balances, ledger.pending_credits
  to limelight_backend;
create policy wallets_backend on public.wallets for select to limelight_backend using (true);
create policy transfers_backend on public.transfers for select to limelight_backend using (true);
create policy entries_backend on public.entries for select to limelight_backend using (true);
create policy pending_credits_backend on ledger.pending_credits for select to limelight_backend using (true);

grant execute on function ledger.adjust(uuid, uuid, bigint, text, text, text, text) to limelight_backend;
