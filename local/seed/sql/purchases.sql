-- Whoever spends or sets aside has bought: a package shortly before the balance would not have been enough. The size
-- of the package follows from what the buyer spends over all.

create temporary table purchase on commit drop as
with needed as (
  select payer, at, id, amount from movement
  union all
  select payer, at, id, amount from held
), spent as (
  select
    m.payer,
    m.at,
    m.amount,
    sum(m.amount) over (partition by m.payer order by m.at, m.id rows unbounded preceding) as so_far,
    sum(m.amount) over (partition by m.payer) as in_all
  from needed m
  join person p on p.wallet_id = m.payer
), priced as (
  select
    s.*,
    k.id as package_id,
    k.coins,
    k.price_cents,
    k.currency
  from spent s
  join lateral (
    select case
        when s.in_all <= 80 then 20
        when s.in_all <= 300 then 50
        when s.in_all <= 800 then 100
        when s.in_all <= 2000 then 250
        when s.in_all <= 5000 then 500
        when s.in_all <= 20000 then 1000
        else 3000
      end as coins
  ) fitting on true
  join public.coin_packages k on k.coins = fitting.coins
), bought as (
  select
    s.*,
    b as ordinal
  from priced s
  cross join lateral generate_series(
    ceil((s.so_far - s.amount) / s.coins)::bigint + 1,
    ceil(s.so_far / s.coins)::bigint
  ) as b
)
select
  p.n * 1000000::bigint + b.ordinal as n,
  pg_temp.id('purchase', p.n * 1000000::bigint + b.ordinal) as id,
  pg_temp.id('purchase transfer', p.n * 1000000::bigint + b.ordinal) as transfer_id,
  p.id as user_id,
  p.wallet_id,
  b.package_id,
  b.coins,
  b.price_cents,
  b.currency,
  b.at - least(interval '1 minute', b.at - p.created_at)
    * (0.1 + 0.8 * pg_temp.chance('paid', p.n * 1000000::bigint + b.ordinal)) as paid_at
from bought b
join person p on p.wallet_id = b.payer;

analyze purchase;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  b.paid_at, b.transfer_id, 'purchase', b.user_id, 'evt_' || md5(b.id::text), 'purchase', b.id,
  pg_temp.system_wallet('coin_sales'), b.wallet_id, b.coins, 'purchase', 'purchase'
from purchase b;

-- One checkout in eight was left half-way.
insert into public.purchases (
  id, user_id, package_id, coins, price_cents, currency, status, idempotency_key, request_hash, response,
  checkout_session_id, payment_intent_id, transfer_id, created_at, paid_at
)
select
  a.id,
  b.user_id,
  b.package_id,
  b.coins,
  b.price_cents,
  b.currency,
  a.status,
  md5(a.id::text || 'key'),
  encode(sha256(b.package_id::text::bytea), 'hex'),
  jsonb_build_object(
    'id', 'cs_test_' || md5(a.id::text), 'url', 'https://checkout.stripe.com/c/pay/cs_test_' || md5(a.id::text)
  ),
  'cs_test_' || md5(a.id::text),
  case a.status when 'paid' then 'pi_' || md5(a.id::text) end,
  case a.status when 'paid' then b.transfer_id end,
  b.paid_at - a.earlier,
  case a.status when 'paid' then b.paid_at end
from purchase b
cross join lateral (
  select 'paid' as status, b.id, make_interval(secs => 40) as earlier
  union all
  select 'expired', pg_temp.id('abandoned purchase', b.n), make_interval(mins => 10)
  where pg_temp.chance('abandoned', b.n) < 0.125
) a
order by b.paid_at, a.id;

insert into ledger.stripe_events (id, type, outcome, purchase_id, received_at)
select 'evt_' || md5(b.id::text), 'checkout.session.completed', 'applied', b.id, b.paid_at
from purchase b
order by b.paid_at, b.id;
