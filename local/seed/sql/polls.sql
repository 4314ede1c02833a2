-- Polls: one in every fourth stream, and sixty in the hot one, whose last is open. Those who are there
-- vote, most of them in the last.

create temporary table poll on commit drop as
with asked as (
  select s.*, k
  from stream s
  cross join lateral generate_series(1, case when s.is_hot then 60 else 1 end) as k
  where s.started_at is not null
    and (s.is_hot or mod(s.n, 4) = 0)
)
select
  a.n * 1000::bigint + a.k as n,
  pg_temp.id('poll', a.n * 1000::bigint + a.k) as id,
  a.n as stream_n,
  a.id as stream_id,
  a.is_hot and a.k = 60 as is_open,
  case
    when a.is_hot and a.k = 60 then 0.4
    when a.is_hot then 0.02
    else 0.2
  end as turnout,
  case
    when a.is_hot and a.k = 60 then %(at)s::timestamptz - make_interval(mins => 20)
    else a.started_at + make_interval(secs => 60 + 600 * (a.k - 1))
  end as created_at
from asked a;

create temporary table ballot on commit drop as
select
  p.n as poll_n,
  p.id as poll_id,
  p.is_open,
  v.n as seat_n,
  u.id as user_id,
  1 + floor(3 * power(pg_temp.chance('vote', p.n * 10000000 + v.user_n), 1.5))::integer as position,
  p.created_at + pg_temp.chance('voted', p.n * 10000000 + v.user_n) * interval '5 minutes' as created_at
from poll p
join seat v on v.stream_n = p.stream_n
join person u on u.n = v.user_n
where pg_temp.chance('votes', p.n * 10000000 + v.user_n) < p.turnout;

analyze ballot;

insert into public.stream_polls
  (id, stream_id, question, is_open, created_at, ends_at, told_at, told_votes)
select
  p.id,
  p.stream_id,
  'What next?',
  p.is_open,
  p.created_at,
  p.created_at + case when p.is_open then interval '50 minutes' else interval '5 minutes' end,
  p.created_at + interval '5 minutes',
  coalesce(b.votes, 0)
from poll p
left join (select poll_n, count(*) as votes from ballot group by poll_n) b on b.poll_n = p.n
order by p.created_at, p.n;

insert into public.stream_poll_options (id, poll_id, position, label, votes)
select
  pg_temp.id('option', p.n * 10 + o.position),
  p.id,
  o.position,
  o.label,
  case when p.is_open then 0 else coalesce(b.votes, 0) end
from poll p
cross join (values (1, 'A nocturne'), (2, 'A waltz'), (3, 'You choose')) as o (position, label)
left join (
  select poll_n, position, count(*) as votes from ballot group by poll_n, position
) b on b.poll_n = p.n and b.position = o.position
order by p.n, o.position;

insert into public.stream_poll_votes (poll_id, user_id, option_id, created_at)
select b.poll_id, b.user_id, pg_temp.id('option', b.poll_n * 10 + b.position), b.created_at
from ballot b
order by b.created_at, b.seat_n;

insert into public.stream_poll_tallies (option_id, piece, votes)
select pg_temp.id('option', b.poll_n * 10 + b.position), mod(b.seat_n, 32), count(*)
from ballot b
where b.is_open
group by 1, 2
order by 1, 2;

insert into landmark (name, id)
select 'poll', p.id from poll p where p.is_open
union all
select 'option', pg_temp.id('option', p.n * 10 + 1) from poll p where p.is_open;

-- check: options have the votes that were cast
select o.id
from public.stream_poll_options o
left join (select option_id, count(*) as votes from public.stream_poll_votes group by 1) v on v.option_id = o.id
left join (select option_id, sum(votes) as votes from public.stream_poll_tallies group by 1) t on t.option_id = o.id
where o.votes + coalesce(t.votes, 0) <> coalesce(v.votes, 0);
