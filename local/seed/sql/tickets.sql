-- Whoever sits in a ticketed stream has bought a ticket on the way in.

create temporary table ticket on commit drop as
select
  v.n,
  pg_temp.id('ticket', v.n) as id,
  pg_temp.id('ticket transfer', v.n) as transfer_id,
  s.id as stream_id,
  s.status,
  t.title,
  s.ticket_price,
  p.id as user_id,
  p.wallet_id as payer,
  h.wallet_id as payee,
  s.started_at + 0.9 * (v.joined_at - s.started_at) as created_at
from seat v
join stream s on s.n = v.stream_n
join public.streams t on t.id = s.id
join person p on p.n = v.user_n
join person h on h.n = s.creator_n
where s.privacy = 'ticketed';

analyze ticket;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type,
  description
)
select
  k.created_at, k.transfer_id, 'stream_ticket', k.user_id, pg_temp.id('ticket key', k.n)::text, 'stream',
  k.stream_id, k.payer, k.payee, k.ticket_price, 'stream_ticket', 'stream_ticket', k.title
from ticket k;

insert into public.stream_tickets (id, stream_id, user_id, transfer_id, price, created_at)
select k.id, k.stream_id, k.user_id, k.transfer_id, k.ticket_price, k.created_at
from ticket k
order by k.created_at, k.n;

insert into public.stream_messages (id, stream_id, user_id, kind, content, created_at)
select pg_temp.id('ticket line', k.n), k.stream_id, k.user_id, 'system', 'came in with a ticket', k.created_at
from ticket k
order by k.created_at, k.n;

-- check: whoever watches a ticketed stream has a ticket
select v.stream_id, v.user_id
from public.streams s
join public.stream_viewers v on v.stream_id = s.id
left join public.stream_tickets t on t.stream_id = v.stream_id and t.user_id = v.user_id
where s.privacy = 'ticketed'
  and t.id is null;
