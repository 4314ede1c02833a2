-- Holds (authorise, capture, void), escrow, payouts, debts, and reversing transfers.
--
-- A hold sets coins of one wallet aside: held_balance is the sum of its active holds, always. It is
-- closed exactly once, by a guarded update: captured (paid, wholly or in part) or released. Locks are
-- taken in one order everywhere: hold, then wallets in ascending id.

create table public.holds (
  id uuid primary key default gen_random_uuid(),
  wallet_id bigint not null
    references public.wallets (id) on delete restrict,
  purpose text not null
    check (purpose in ('call')),
  subject_type text not null,
  subject_id uuid not null,
  amount bigint not null
    check (amount >= 1),
  captured bigint not null default 0
    check (captured >= 0),
  status text not null default 'active'
    check (status in ('active', 'settled', 'released')),
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  closed_at timestamptz,
  check ((status = 'active') = (closed_at is null)),
  check (status = 'settled' or captured = 0),
  check (expires_at > created_at)
) with (fillfactor = 80);

create unique index holds_one_active on public.holds (purpose, subject_id) where status = 'active';
create index holds_wallet_active on public.holds (wallet_id) include (amount) where status = 'active';
create index holds_wallet on public.holds (wallet_id, created_at desc);
create index holds_due on public.holds (expires_at) where status = 'active';

create table public.payouts (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null
    references public.users (id) on delete restrict,
  amount bigint not null
    check (amount >= 100),
  usd_cents bigint not null
    check (usd_cents >= 1),
  status text not null default 'requested'
    check (status in ('requested', 'settled', 'returned')),
  transfer_id uuid not null unique
    references public.transfers (id) on delete restrict,
  closing_transfer_id uuid unique
    references public.transfers (id) on delete restrict,
  requested_at timestamptz not null default now(),
  closed_at timestamptz,
  check ((status = 'requested') = (closed_at is null)),
  check ((status = 'requested') = (closing_transfer_id is null))
);

create index payouts_user on public.payouts (user_id, requested_at desc, id desc);
create index payouts_open on public.payouts (requested_at, id) where status = 'requested';

-- What a wallet still owes after a refund or dispute that it could not cover. Coins are never minted
-- for it: it is collected from the next purchase, and before a payout.
create table ledger.debts (
  id bigint generated always as identity primary key,
  wallet_id bigint not null
    references public.wallets (id) on delete restrict,
  amount bigint not null
    check (amount >= 1),
  collected bigint not null default 0,
  reason text not null
    check (reason in ('refund', 'dispute')),
  subject_id uuid not null,
  created_at timestamptz not null default now(),
  check (collected between 0 and amount)
);

create index debts_wallet on ledger.debts (wallet_id, id);

-- Sets coins aside, or fails with insufficient_balance. One active hold per purpose and subject.
create function ledger.authorise(
  owner uuid,
  amount bigint,
  purpose text,
  subject_type text,
  subject_id uuid,
  lifetime interval
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  wallet bigint := ledger.wallet_of(owner);
  hold uuid;
begin
  -- The hold before the wallet: the insert waits for whoever is closing the subject's last hold, and
  -- they need the wallet.
  insert into public.holds (wallet_id, purpose, subject_type, subject_id, amount, expires_at)
  values (wallet, authorise.purpose, authorise.subject_type, authorise.subject_id, authorise.amount, now() + lifetime)
  on conflict do nothing
  returning id into hold;
  if hold is null then
    perform private.fail(409, 'hold_exists');
  end if;
  perform ledger.set_aside(wallet, amount);
  return hold;
end
$$;

-- Moves coins of a wallet from available to held: the same guard as a debit.
create function ledger.set_aside(wallet bigint, amount bigint)
returns void
language plpgsql
set search_path = ''
as $$
declare
  available bigint;
begin
  for attempt in 1..2 loop
    update public.wallets w
    set held_balance = w.held_balance + set_aside.amount
    where w.id = wallet
      and w.balance - w.held_balance >= set_aside.amount;
    if found then
      return;
    end if;
    perform ledger.fold(wallet);
  end loop;

  select w.balance - w.held_balance into available
  from public.wallets w
  where w.id = wallet;
  perform private.fail(
    402,
    'insufficient_balance',
    jsonb_build_object('required', set_aside.amount, 'available', available)
  );
end
$$;

-- Makes an active hold larger and longer; fails with insufficient_balance and then changes nothing.
create function ledger.extend_hold(hold uuid, amount bigint, lifetime interval)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  held public.holds;
begin
  select * into held from public.holds h where h.id = hold and h.status = 'active' for no key update;
  if held.id is null then
    perform private.fail(409, 'hold_closed');
  end if;
  perform ledger.set_aside(held.wallet_id, extend_hold.amount);
  update public.holds h
  set amount = h.amount + extend_hold.amount,
      expires_at = greatest(h.expires_at, now() + lifetime)
  where h.id = hold;
end
$$;

-- Closes an active hold and gives its coins back to what the wallet can spend. False when it was
-- closed before: releasing twice releases once.
create function ledger.void_hold(hold uuid)
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  closed public.holds;
begin
  update public.holds h
  set status = 'released',
      closed_at = now()
  where h.id = hold
    and h.status = 'active'
  returning * into closed;
  if closed.id is null then
    return false;
  end if;
  update public.wallets w
  set held_balance = w.held_balance - closed.amount
  where w.id = closed.wallet_id;
  return true;
end
$$;

-- Pays `amount` out of an active hold to another user and gives back the rest. What the hold does not
-- cover is taken from what the wallet can spend; what that does not cover is answered as a shortfall.
-- A capture of 0 takes nothing. A closed hold fails with hold_closed.
create function ledger.capture(
  hold uuid,
  amount bigint,
  payee uuid,
  charge_type text,
  earning_type text,
  actor uuid,
  key text,
  request_id text,
  out transfer_id uuid,
  out captured bigint,
  out shortfall bigint
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  closed public.holds;
  spendable bigint;
  fee bigint;
begin
  if amount < 0 then
    raise exception 'a capture cannot be negative' using errcode = 'check_violation';
  end if;
  update public.holds h
  set status = 'settled',
      closed_at = now()
  where h.id = hold
    and h.status = 'active'
  returning * into closed;
  if closed.id is null then
    perform private.fail(409, 'hold_closed');
  end if;

  update public.wallets w
  set held_balance = w.held_balance - closed.amount
  where w.id = closed.wallet_id;
  if amount > closed.amount then
    perform ledger.fold(closed.wallet_id);
  end if;
  select w.balance - w.held_balance into spendable from public.wallets w where w.id = closed.wallet_id;
  captured := least(amount, spendable);
  shortfall := amount - captured;
  update public.holds h set captured = capture.captured where h.id = hold;
  if captured = 0 then
    return;
  end if;

  fee := ledger.fee('hold_capture', captured);
  transfer_id := ledger.post(
    'hold_capture', actor, key, closed.subject_type, closed.subject_id, request_id,
    array[
      row(closed.wallet_id, charge_type, -captured, null),
      row(ledger.wallet_of(payee), earning_type, captured - fee, null)
    ]::ledger.leg[] || ledger.fee_leg(fee)
  );
end
$$;

-- The platform's leg of a payment, or none.
create function ledger.fee_leg(fee bigint)
returns ledger.leg[]
language sql
stable
set search_path = ''
as $$
  select case
    when fee > 0 then array[
      row(ledger.system_wallet('platform_fees'), 'platform_fee', fee, null)
    ]::ledger.leg[]
    else '{}'::ledger.leg[]
  end
$$;

-- Releases what has expired, oldest first; a hold that another transaction is closing is left to it.
-- All holds are locked before the first wallet, and the wallets in ascending id: two runs that meet
-- share the work and never wait for each other in a circle.
create function ledger.release_due_holds(batch integer)
returns table (released uuid)
language plpgsql
security definer
set search_path = ''
as $$
declare
  due uuid[];
begin
  due := array(
    select h.id
    from public.holds h
    where h.status = 'active'
      and h.expires_at <= now()
    order by h.expires_at
    limit batch
    for no key update skip locked
  );
  for released in
    select h.id
    from public.holds h
    where h.id = any (due)
    order by h.wallet_id
  loop
    if ledger.void_hold(released) then
      return next;
    end if;
  end loop;
end
$$;

-- Takes a buyer's coins into escrow until what they paid for has happened.
create function ledger.deposit(
  buyer uuid,
  amount bigint,
  type text,
  subject_type text,
  subject_id uuid,
  key text,
  request_id text
)
returns uuid
language sql
security definer
set search_path = ''
as $$
  select ledger.post(
    'escrow_deposit', buyer, key, deposit.subject_type, deposit.subject_id, request_id,
    array[
      row(ledger.wallet_of(buyer), type, -amount, null),
      row(ledger.system_wallet('show_escrow'), type, amount, null)
    ]::ledger.leg[]
  )
$$;

-- Pays coins out of escrow to whoever earned them, less the platform's share.
create function ledger.release_escrow(
  payee uuid,
  amount bigint,
  type text,
  subject_type text,
  subject_id uuid,
  actor uuid,
  key text,
  request_id text
)
returns uuid
language sql
security definer
set search_path = ''
as $$
  select ledger.post(
    'escrow_release', actor, key, release_escrow.subject_type, release_escrow.subject_id, request_id,
    array[
      row(ledger.system_wallet('show_escrow'), type, -amount, null),
      row(ledger.wallet_of(payee), type, amount - ledger.fee('escrow_release', amount), null)
    ]::ledger.leg[] || ledger.fee_leg(ledger.fee('escrow_release', amount))
  )
$$;

-- Posts the opposite of a transfer, once: history is corrected, never rewritten. Fails with
-- insufficient_balance when who was paid has spent it.
create function ledger.reverse(transfer uuid, operation text, type text, actor uuid, key text, request_id text)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  original public.transfers;
  reversal uuid;
begin
  -- Two who reverse one transfer take turns, and the second finds the first's reversal.
  select * into original from public.transfers t where t.id = transfer for no key update;
  if original.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if exists (select from public.transfers t where t.reverses = transfer) then
    perform private.fail(409, 'already_reversed');
  end if;
  reversal := ledger.post(
    operation, actor, key, original.subject_type, original.subject_id, request_id,
    array(
      select row(e.wallet_id, reverse.type, -e.amount, e.description)::ledger.leg
      from public.entries e
      where e.transfer_id = transfer
      order by e.id
    ),
    transfer
  );
  return reversal;
end
$$;

-- Takes coins back from a wallet as far as it can pay; the rest is recorded as a debt.
create function ledger.claw_back(
  owner uuid,
  amount bigint,
  operation text,
  type text,
  subject_id uuid,
  key text,
  request_id text
)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  wallet bigint := ledger.wallet_of(owner);
  taken bigint;
begin
  perform ledger.fold(wallet);
  select least(claw_back.amount, w.balance - w.held_balance) into taken
  from public.wallets w
  where w.id = wallet;
  if taken > 0 then
    perform ledger.post(
      operation, owner, key, 'purchase', claw_back.subject_id, request_id,
      array[
        row(wallet, type, -taken, null),
        row(ledger.system_wallet('coin_sales'), type, taken, null)
      ]::ledger.leg[]
    );
  end if;
  if taken < amount then
    insert into ledger.debts (wallet_id, amount, reason, subject_id)
    values (wallet, claw_back.amount - taken, claw_back.type, claw_back.subject_id);
  end if;
  return taken;
end
$$;

-- Collects what a wallet owes from what it can spend, oldest debt first.
create function ledger.collect_debts(owner uuid, request_id text)
returns bigint
language plpgsql
set search_path = ''
as $$
declare
  wallet bigint := ledger.wallet_of(owner);
  debt ledger.debts;
  available bigint;
  due bigint;
  total bigint := 0;
begin
  if not exists (select from ledger.debts d where d.wallet_id = wallet and d.collected < d.amount) then
    return 0;
  end if;
  perform ledger.fold(wallet);
  select w.balance - w.held_balance into available from public.wallets w where w.id = wallet;

  for debt in
    select *
    from ledger.debts d
    where d.wallet_id = wallet
      and d.collected < d.amount
    order by d.id
    for no key update
  loop
    due := least(debt.amount - debt.collected, available - total);
    exit when due <= 0;
    perform ledger.post(
      'debt_collection', owner, format('debt/%s/%s', debt.id, debt.collected),
      'purchase', debt.subject_id, request_id,
      array[
        row(wallet, debt.reason, -due, 'Owed from before'),
        row(ledger.system_wallet('coin_sales'), debt.reason, due, 'Owed from before')
      ]::ledger.leg[]
    );
    update ledger.debts d set collected = d.collected + due where d.id = debt.id;
    total := total + due;
  end loop;
  return total;
end
$$;

create function ledger.payout_answer(payout public.payouts)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', payout.id,
    'user_id', payout.user_id,
    'amount', payout.amount,
    'usd_cents', payout.usd_cents,
    'status', payout.status,
    'requested_at', payout.requested_at,
    'closed_at', payout.closed_at
  )
$$;

-- A creator asks for coins to be paid out: at least 100, at ten coins a dollar, out of everything
-- earned so far, after what the creator owes. The coins wait in payout clearing until an admin
-- settles or returns them.
create function ledger.request_payout(
  owner uuid,
  amount bigint,
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
  payout public.payouts;
begin
  response := ledger.claim(owner, 'payout_request', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;
  if amount < 100 then
    perform private.fail(422, 'payout_too_small');
  end if;

  perform ledger.fold(ledger.wallet_of(owner));
  perform ledger.collect_debts(owner, request_id);
  transfer := ledger.post(
    'payout_request', owner, key, 'user', owner, request_id,
    array[
      row(ledger.wallet_of(owner), 'payout', -amount, null),
      row(ledger.system_wallet('payout_clearing'), 'payout', amount, null)
    ]::ledger.leg[]
  );
  insert into public.payouts (user_id, amount, usd_cents, transfer_id)
  values (owner, request_payout.amount, request_payout.amount * 10, transfer)
  returning * into payout;

  response := jsonb_build_object('payout', ledger.payout_answer(payout), 'balance', ledger.balance_of(owner));
  perform ledger.remember(owner, 'payout_request', key, response);
end
$$;

-- An admin closes a payout, once: settled (the dollars were sent, the coins leave circulation) or
-- returned (the creator has the coins back), with its audit row.
create function ledger.close_payout(
  admin uuid,
  payout uuid,
  settle boolean,
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
  operation text := case when settle then 'payout_settlement' else 'payout_return' end;
  type text := case when settle then 'payout' else 'payout_return' end;
  closed public.payouts;
  receiver bigint;
begin
  response := ledger.claim(admin, operation, key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  select * into closed from public.payouts p where p.id = payout for no key update;
  if closed.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if closed.status <> 'requested' then
    perform private.fail(409, 'payout_closed');
  end if;

  receiver := case when settle then ledger.system_wallet('coin_sales') else ledger.wallet_of(closed.user_id) end;
  update public.payouts p
  set status = case when settle then 'settled' else 'returned' end,
      closed_at = now(),
      closing_transfer_id = ledger.post(
        operation, admin, key, 'payout', closed.id, close_payout.request_id,
        array[
          row(ledger.system_wallet('payout_clearing'), type, -closed.amount, null),
          row(receiver, type, closed.amount, null)
        ]::ledger.leg[]
      )
  where p.id = payout
  returning * into closed;

  insert into public.audit_log (actor_id, action, subject_type, subject_id, before, after, request_id)
  values (
    admin, 'payout.' || closed.status, 'payout', closed.id,
    jsonb_build_object('status', 'requested'),
    jsonb_build_object('status', closed.status, 'amount', closed.amount),
    close_payout.request_id
  );
  response := jsonb_build_object('payout', ledger.payout_answer(closed));
  perform ledger.remember(admin, operation, key, response);
end
$$;

-- Adds pending credits to the rows of the wallets that have most of them: the job that keeps reading
-- a balance cheap. A wallet that somebody is spending from is left for the next run.
create function ledger.fold_pending(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  due bigint;
  folded integer := 0;
begin
  for due in
    select c.wallet_id
    from ledger.pending_credits c
    group by c.wallet_id
    order by count(*) desc
    limit batch
  loop
    perform from public.wallets w where w.id = due for no key update skip locked;
    if found then
      perform ledger.fold(due);
      folded := folded + 1;
    end if;
  end loop;
  return folded;
end
$$;

-- Forgets the answers to keys older than two days. A transfer keeps its key for ever, so that even a
-- key that comes back later moves nothing twice.
create function ledger.purge_keys(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  purged integer;
begin
  delete from ledger.idempotency_keys k
  using (
    select o.user_id, o.operation, o.key
    from ledger.idempotency_keys o
    where o.created_at < now() - interval '48 hours'
    order by o.created_at
    limit batch
    for update skip locked
  ) old
  where (k.user_id, k.operation, k.key) = (old.user_id, old.operation, old.key);
  get diagnostics purged = row_count;
  return purged;
end
$$;

-- What each nightly run found.
create table ledger.reconciliations (
  id bigint generated always as identity primary key,
  wallets bigint not null,
  entries bigint not null,
  coins_in_circulation bigint not null,
  violations jsonb not null,
  created_at timestamptz not null default now()
);

-- Checks every invariant over every wallet and writes down what it found; answers how many are broken.
create function ledger.reconcile()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  found_violations jsonb;
begin
  select coalesce(jsonb_agg(to_jsonb(v)), '[]') into found_violations
  from ledger.violations() v;

  insert into ledger.reconciliations (wallets, entries, coins_in_circulation, violations)
  select
    (select count(*) from public.wallets),
    (select count(*) from public.entries),
    (
      select coalesce(sum(e.amount), 0)
      from public.entries e
      join public.wallets w on w.id = e.wallet_id
      where w.user_id is not null
    ),
    found_violations;
  return jsonb_array_length(found_violations);
end
$$;

-- Everything that must never be true, as rows; an empty answer is a sound ledger.
create function ledger.violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with posted as (
    select e.wallet_id, sum(e.amount) as amount
    from public.entries e
    group by e.wallet_id
  ), pending as (
    select c.wallet_id, sum(c.amount) as amount
    from ledger.pending_credits c
    group by c.wallet_id
  ), held as (
    select h.wallet_id, sum(h.amount) as amount
    from public.holds h
    where h.status = 'active'
    group by h.wallet_id
  ), books as (
    select
      w.*,
      coalesce(e.amount, 0) as posted,
      coalesce(p.amount, 0) as pending,
      coalesce(h.amount, 0) as held
    from public.wallets w
    left join posted e on e.wallet_id = w.id
    left join pending p on p.wallet_id = w.id
    left join held h on h.wallet_id = w.id
  )
  select 'balance = sum of entries', b.id::text,
    format('balance %s, pending %s, entries %s', b.balance, b.pending, b.posted)
  from books b
  where b.balance + b.pending <> b.posted

  union all

  select 'held = sum of active holds', b.id::text, format('held %s, holds %s', b.held_balance, b.held)
  from books b
  where b.held_balance <> b.held

  union all

  select '0 <= held <= balance', b.id::text, format('held %s, balance %s', b.held_balance, b.balance)
  from books b
  where b.user_id is not null
    and (b.held_balance < 0 or b.held_balance > b.balance)

  union all

  select 'all entries sum to zero', 'all', sum(e.amount)::text
  from public.entries e
  having coalesce(sum(e.amount), 0) <> 0

  union all

  select 'entries of a transfer sum to zero', t.id::text, format('sum %s over %s entries', sum(e.amount), count(e.id))
  from public.transfers t
  left join public.entries e on e.transfer_id = t.id
  group by t.id
  having coalesce(sum(e.amount), 0) <> 0
      or count(e.id) < 2

  union all

  select 'every key has its answer', k.key, k.operation
  from ledger.idempotency_keys k
  where k.response is null

  union all

  select 'payout clearing = open payouts', 'payout_clearing', format('clearing %s, open %s', b.posted, o.amount)
  from books b
  cross join (
    select coalesce(sum(p.amount), 0) as amount from public.payouts p where p.status = 'requested'
  ) o
  where b.system_account = 'payout_clearing'
    and b.posted <> o.amount
$$;

alter table public.holds enable row level security;
alter table public.payouts enable row level security;
alter table ledger.debts enable row level security;
alter table ledger.reconciliations enable row level security;

grant select on public.holds, public.payouts to authenticated;
create policy holds_read_own on public.holds
  for select to authenticated
  using (wallet_id in (select w.id from public.wallets w where w.user_id = (select auth.uid())));
create policy payouts_read_own on public.payouts
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));

grant select on public.holds, public.payouts, ledger.debts, ledger.reconciliations to limelight_backend;
create policy holds_backend on public.holds for select to limelight_backend using (true);
create policy payouts_backend on public.payouts for select to limelight_backend using (true);
create policy debts_backend on ledger.debts for select to limelight_backend using (true);
create policy reconciliations_backend on ledger.reconciliations for select to limelight_backend using (true);

grant execute on function
  ledger.authorise(uuid, bigint, text, text, uuid, interval),
  ledger.extend_hold(uuid, bigint, interval),
  ledger.void_hold(uuid),
  ledger.capture(uuid, bigint, uuid, text, text, uuid, text, text),
  ledger.deposit(uuid, bigint, text, text, uuid, text, text),
  ledger.release_escrow(uuid, bigint, text, text, uuid, uuid, text, text),
  ledger.reverse(uuid, text, text, uuid, text, text),
  ledger.request_payout(uuid, bigint, text, text, text),
  ledger.close_payout(uuid, uuid, boolean, text, text, text),
  ledger.release_due_holds(integer),
  ledger.fold_pending(integer),
  ledger.purge_keys(integer),
  ledger.reconcile(),
  ledger.violations()
  to limelight_backend;
