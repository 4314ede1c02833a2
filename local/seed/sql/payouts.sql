-- Creators ask for half of what they earned since the last time, once a month. An admin settles it two
-- days later, or, now and then, returns it; the last requests are open.

create temporary table payout on commit drop as
with months as (
  select
    m,
    %(opened)s::timestamptz + make_interval(days => (30 * m)::integer) as since,
    %(opened)s::timestamptz + make_interval(days => (30 * m + 29)::integer) as until
  from generate_series(0, 2) as m
), earned as (
  select
    m.m,
    m.until,
    p.n as creator_n,
    p.id as user_id,
    p.wallet_id,
    sum(e.amount) as coins
  from movement e
  join months m on e.at >= m.since and e.at < m.until
  join person p on p.wallet_id = e.payee
  where p.creator_rank is not null
    and e.credit_type <> 'purchase'
  group by m.m, m.until, p.n, p.id, p.wallet_id
)
select
  e.creator_n * 10 + e.m as n,
  pg_temp.id('payout', e.creator_n * 10 + e.m) as id,
  e.user_id,
  e.wallet_id,
  floor(e.coins / 2)::bigint as amount,
  case
    when e.m = 2 then 'requested'
    when pg_temp.chance('returned', e.creator_n * 10 + e.m) < 0.03 then 'returned'
    else 'settled'
  end as status,
  t.requested_at,
  case when e.m < 2 then t.requested_at + make_interval(days => 2) end as closed_at,
  a.id as admin_id
from earned e
cross join lateral (
  select e.until + make_interval(secs => 86400 * pg_temp.chance('asks', e.creator_n * 10 + e.m)) as requested_at
) t
join person a on a.n = 2 + mod(e.creator_n, 3)
where e.coins >= 200;

analyze payout;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  o.requested_at, pg_temp.id('payout transfer', o.n), 'payout_request', o.user_id,
  pg_temp.id('payout key', o.n)::text, 'user', o.user_id, o.wallet_id,
  pg_temp.system_wallet('payout_clearing'), o.amount, 'payout', 'payout'
from payout o

union all

select
  o.closed_at,
  pg_temp.id('payout closing', o.n),
  case o.status when 'settled' then 'payout_settlement' else 'payout_return' end,
  o.admin_id,
  pg_temp.id('payout closing key', o.n)::text,
  'payout',
  o.id,
  pg_temp.system_wallet('payout_clearing'),
  case o.status when 'settled' then pg_temp.system_wallet('coin_sales') else o.wallet_id end,
  o.amount,
  case o.status when 'settled' then 'payout' else 'payout_return' end,
  case o.status when 'settled' then 'payout' else 'payout_return' end
from payout o
where o.status <> 'requested';

insert into public.payouts (
  id, user_id, amount, usd_cents, status, transfer_id, closing_transfer_id, requested_at, closed_at
)
select
  o.id,
  o.user_id,
  o.amount,
  o.amount * 10,
  o.status,
  pg_temp.id('payout transfer', o.n),
  case when o.status <> 'requested' then pg_temp.id('payout closing', o.n) end,
  o.requested_at,
  o.closed_at
from payout o
order by o.requested_at, o.n;

insert into public.audit_log
  (id, actor_id, action, subject_type, subject_id, before, after, request_id, created_at)
overriding system value
select
  l.last_id + row_number() over (order by o.closed_at, o.n),
  o.admin_id,
  'payout.' || o.status,
  'payout',
  o.id,
  jsonb_build_object('status', 'requested'),
  jsonb_build_object('status', o.status, 'amount', o.amount),
  pg_temp.id('payout review', o.n)::text,
  o.closed_at
from payout o
cross join (select coalesce(max(id), 0) as last_id from public.audit_log) l
where o.status <> 'requested';
