-- Gifts: one in ten in the hot stream, most of them small. Each is a movement, a gift and a line of chat;
-- support.sql adds them up.

create temporary table gift on commit drop as
with sent as (
  select
    g as n,
    case
      when pg_temp.chance('gift where', g) < 0.1
        then h.first_seat + floor(h.seats * power(pg_temp.chance('gift who', g), 2))::bigint
      else 1 + floor(h.all_seats * pg_temp.chance('gift who', g))::bigint
    end as seat,
    pg_temp.chance('gift what', g) as fancy,
    pg_temp.chance('gift many', g) as generosity
  from generate_series(1, %(gifts)s) as g
  cross join (
    select b.first_seat, b.seats, (select count(*) from seat) as all_seats
    from hall b
    join stream s on s.n = b.stream_n
    where s.is_hot
  ) h
)
select
  g.n,
  pg_temp.id('gift', g.n) as id,
  pg_temp.id('gift transfer', g.n) as transfer_id,
  v.stream_n,
  s.id as stream_id,
  v.user_n,
  p.id as sender_id,
  p.wallet_id as payer,
  c.wallet_id as payee,
  k.id as gift_id,
  k.name,
  q.quantity,
  k.price * q.quantity as coins,
  v.joined_at + pg_temp.chance('gift when', g.n) * (coalesce(v.left_at, %(at)s::timestamptz) - v.joined_at) as created_at
from sent g
join seat v on v.n = g.seat
join stream s on s.n = v.stream_n
join person p on p.n = v.user_n
join person c on c.n = s.creator_n
join public.virtual_gifts k on k.name = case
    when g.fancy < 0.400 then 'Rose'
    when g.fancy < 0.620 then 'Heart'
    when g.fancy < 0.780 then 'Star'
    when g.fancy < 0.880 then 'Fire'
    when g.fancy < 0.945 then 'Diamond'
    when g.fancy < 0.980 then 'Rocket'
    when g.fancy < 0.995 then 'Crown'
    else 'Mansion'
  end
cross join lateral (
  select case
      when g.generosity < 0.80 then 1
      when g.generosity < 0.99 then 2 + mod(g.n, 4)
      else 10 * (1 + mod(g.n, 3))
    end as quantity
) q;

analyze gift;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type,
  credit_type, description
)
select
  g.created_at, g.transfer_id, 'gift', g.sender_id, pg_temp.id('gift key', g.n)::text, 'stream', g.stream_id,
  g.payer, g.payee, g.coins, 'gift', 'gift', g.name
from gift g;

insert into public.stream_gifts
  (id, stream_id, sender_id, gift_id, transfer_id, quantity, total_coins, created_at)
select g.id, g.stream_id, g.sender_id, g.gift_id, g.transfer_id, g.quantity, g.coins, g.created_at
from gift g
order by g.created_at, g.n;

insert into public.stream_messages (id, stream_id, user_id, kind, content, gift_id, created_at)
select
  pg_temp.id('gift line', g.n),
  g.stream_id,
  g.sender_id,
  'gift',
  format('sent %%s × %%s', g.quantity, g.name),
  g.id,
  g.created_at
from gift g
order by g.created_at, g.n;

-- Who sent most gifts, of those who may still send some.
insert into landmark (name, id)
select 'fan', g.sender_id
from gift g
join person p on p.n = g.user_n
where p.role = 'fan'
  and not p.is_suspended
group by g.sender_id
order by count(*) desc, g.sender_id
limit 1;
