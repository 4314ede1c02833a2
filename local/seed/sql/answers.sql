-- What the last two days' gifts were answered, by their keys, and what listeners were told of them; the
-- last few seconds' events are not published yet.

create temporary table answered on commit drop as
with moved as (
  select m.n, l.wallet_id, l.amount
  from posted m
  cross join lateral (values (m.payer, -m.amount), (m.payee, m.amount)) as l (wallet_id, amount)
  where m.at > %(at)s::timestamptz - interval '48 hours'
), later as (
  select
    m.n,
    m.wallet_id,
    coalesce(
      sum(m.amount) over (
        partition by m.wallet_id order by m.n desc rows between unbounded preceding and 1 preceding
      ),
      0
    ) as amount
  from moved m
)
select g.*, (w.balance + coalesce(c.amount, 0) - l.amount)::bigint as balance
from gift g
join posted m on m.id = g.transfer_id
join later l on l.n = m.n and l.wallet_id = g.payer
join public.wallets w on w.id = g.payer
left join (
  select wallet_id, sum(amount) as amount
  from pending
  group by wallet_id
) c on c.wallet_id = g.payer;

insert into ledger.idempotency_keys (user_id, operation, key, request_hash, response, created_at)
select
  a.sender_id,
  'gift',
  pg_temp.id('gift key', a.n)::text,
  encode(sha256(a.transfer_id::text::bytea), 'hex'),
  jsonb_build_object(
    'stream_gift', jsonb_build_object(
      'id', a.id,
      'stream_id', a.stream_id,
      'sender_id', a.sender_id,
      'transfer_id', a.transfer_id,
      'quantity', a.quantity,
      'total_coins', a.coins,
      'created_at', a.created_at
    ),
    'gift', to_jsonb(k) - 'is_active',
    'balance', a.balance
  ),
  a.created_at
from answered a
join public.virtual_gifts k on k.id = a.gift_id
order by a.created_at, a.n;

insert into public.outbox (id, event_id, topic, event, payload, created_at, published_at)
overriding system value
select
  l.last_id + row_number() over (order by a.created_at, a.n),
  pg_temp.id('event', a.n),
  'stream:' || a.stream_id,
  'gift',
  jsonb_build_object(
    'streamGiftId', a.id,
    'sender', jsonb_build_object(
      'id', p.user_id, 'username', p.username, 'displayName', p.display_name, 'avatarUrl', p.avatar_url
    ),
    'gift', jsonb_build_object('id', k.id, 'name', k.name, 'animation', k.animation),
    'quantity', a.quantity,
    'totalCoins', a.coins
  ),
  a.created_at,
  case
    when a.created_at < %(at)s::timestamptz - interval '2 seconds'
      then a.created_at + make_interval(secs => 2 * pg_temp.chance('published', a.n))
  end
from answered a
join public.virtual_gifts k on k.id = a.gift_id
join public.profiles p on p.user_id = a.sender_id
cross join (select coalesce(max(id), 0) as last_id from public.outbox) l
where a.created_at > %(at)s::timestamptz - interval '24 hours'
order by a.created_at, a.n;
