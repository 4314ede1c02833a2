-- The ledger: a transfer and two entries for each movement, in the order of time; what was credited in
-- the last ten minutes is not folded yet, everything else is in the wallets' balances.

create temporary table posted on commit drop as
select
  row_number() over (order by m.at, m.id) as n,
  m.*
from movement m;

insert into public.transfers (
  id, operation, actor_id, idempotency_key, subject_type, subject_id, request_id, created_at
)
select m.id, m.operation, m.actor_id, m.key, m.subject_type, m.subject_id, md5(m.key)::uuid::text, m.at
from posted m
order by m.n;

create temporary table ledger_before on commit drop as
select coalesce(max(id), 0) as last_entry
from public.entries;

insert into public.entries (id, transfer_id, wallet_id, type, amount, description, created_at)
overriding system value
select b.last_entry + 2 * m.n - e.earlier, m.id, e.wallet_id, e.type, e.amount, m.description, m.at
from posted m
cross join lateral (
  values (1, m.payer, m.debit_type, -m.amount), (0, m.payee, m.credit_type, m.amount)
) as e (earlier, wallet_id, type, amount)
cross join ledger_before b
order by m.n, e.earlier desc;

-- A wallet that was debited since, or has coins set aside, has been folded.
create temporary table pending on commit drop as
with recent as (
  select e.id, e.wallet_id, e.amount, w.system_account is not null as is_system
  from public.entries e
  join public.wallets w on w.id = e.wallet_id
  cross join ledger_before b
  where e.id > b.last_entry
    and e.created_at > %(at)s::timestamptz - interval '10 minutes'
)
select r.id, r.wallet_id, r.amount
from recent r
where r.is_system
   or r.amount > 0
  and not exists (
    select from recent d where d.wallet_id = r.wallet_id and d.amount < 0 and d.id > r.id
  )
  and not exists (select from held h where h.payer = r.wallet_id);

insert into ledger.pending_credits (entry_id, wallet_id, amount)
select id, wallet_id, amount
from pending
order by id;

-- Wallets come last, with what is in them. No row is ever updated here: an index that is built over rows
-- which the same transaction updated is of no use to it, and the checks need theirs.
create temporary table balance on commit drop as
select l.wallet_id, sum(l.amount)::bigint as amount
from (
  select payer as wallet_id, -amount as amount from posted
  union all
  select payee, amount from posted
  union all
  select wallet_id, -amount from pending
) l
group by l.wallet_id;

insert into public.wallets (id, user_id, balance, held_balance, created_at)
overriding system value
select p.wallet_id, p.id, coalesce(b.amount, 0), coalesce(h.amount, 0), p.created_at
from person p
left join balance b on b.wallet_id = p.wallet_id
left join (select payer, sum(amount) as amount from held group by payer) h on h.payer = p.wallet_id
order by p.n;

with replaced as (
  delete from public.wallets
  where system_account is not null
  returning *
)
insert into public.wallets (id, system_account, balance, held_balance, created_at)
overriding system value
select w.id, w.system_account, w.balance + coalesce(b.amount, 0), w.held_balance, w.created_at
from replaced w
left join balance b on b.wallet_id = w.id
order by w.id;

-- check: the ledger is sound, and so is all that was paid for
select * from ledger.violations();
