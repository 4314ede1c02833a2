-- Tips: as gifts, with an amount of one's own and, every other time, a few words.

create temporary table tip on commit drop as
with sent as (
  select
    t as n,
    case
      when pg_temp.chance('tip where', t) < 0.1
        then h.first_seat + floor(h.seats * power(pg_temp.chance('tip who', t), 2))::bigint
      else 1 + floor(h.all_seats * pg_temp.chance('tip who', t))::bigint
    end as seat,
    5 * floor(1 + 30 * power(pg_temp.chance('tip what', t), 4))::bigint as amount
  from generate_series(1, %(tips)s) as t
  cross join (
    select b.first_seat, b.seats, (select count(*) from seat) as all_seats
    from hall b
    join stream s on s.n = b.stream_n
    where s.is_hot
  ) h
)
select
  t.n,
  pg_temp.id('tip', t.n) as id,
  pg_temp.id('tip transfer', t.n) as transfer_id,
  s.id as stream_id,
  p.id as sender_id,
  p.wallet_id as payer,
  c.wallet_id as payee,
  t.amount,
  case
    when pg_temp.chance('tip words', t.n) < 0.5
      then pg_temp.pick(
        array['play it again!', 'for the strings', 'happy birthday!', 'get some sleep', 'best evening in weeks'],
        'tip words', t.n
      )
  end as message,
  v.joined_at + pg_temp.chance('tip when', t.n) * (coalesce(v.left_at, %(at)s::timestamptz) - v.joined_at) as created_at
from sent t
join seat v on v.n = t.seat
join stream s on s.n = v.stream_n
join person p on p.n = v.user_n
join person c on c.n = s.creator_n;

analyze tip;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  t.created_at, t.transfer_id, 'tip', t.sender_id, pg_temp.id('tip key', t.n)::text, 'stream', t.stream_id,
  t.payer, t.payee, t.amount, 'stream_tip', 'stream_tip'
from tip t;

insert into public.stream_tips (id, stream_id, sender_id, transfer_id, amount, message, created_at)
select t.id, t.stream_id, t.sender_id, t.transfer_id, t.amount, t.message, t.created_at
from tip t
order by t.created_at, t.n;

insert into public.stream_messages (id, stream_id, user_id, kind, content, tip_id, created_at)
select
  pg_temp.id('tip line', t.n), t.stream_id, t.sender_id, 'tip', coalesce(t.message, 'tipped ' || t.amount), t.id,
  t.created_at
from tip t
order by t.created_at, t.n;
