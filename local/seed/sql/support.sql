-- What was given, added up: by supporter, and by stream in pieces. And what hosts asked for.

create temporary table given on commit drop as
select stream_id, sender_id, coins, quantity as gifts, created_at from gift
union all
select stream_id, sender_id, amount, 0, created_at from tip;

analyze given;

insert into public.stream_supporters (stream_id, user_id, coins, gifts, updated_at)
select g.stream_id, g.sender_id, sum(g.coins), sum(g.gifts), max(g.created_at)
from given g
group by g.stream_id, g.sender_id
order by max(g.created_at), g.stream_id, g.sender_id;

insert into public.stream_income (stream_id, piece, coins)
select g.stream_id, mod(extract(second from g.created_at)::integer, 16), sum(g.coins)
from given g
group by 1, 2
order by 1, 2;

-- A goal is set as the stream begins, in every third stream: once it is over, reached or missed. The hot
-- stream has had a hundred, and has five.
insert into public.stream_goals (
  id, stream_id, title, target_amount, reward_text, given_before, progress, status, told_at, created_at,
  completed_at
)
with asked as (
  select s.*, k
  from stream s
  cross join lateral generate_series(1, case when s.is_hot then 105 else 1 end) as k
  where s.started_at is not null
    and (s.is_hot or mod(s.n, 3) = 0)
), standing as (
  select
    a.n * 1000::bigint + a.k as n,
    a.id as stream_id,
    a.started_at,
    coalesce(a.ended_at, %(at)s::timestamptz) as until,
    a.status = 'live' and a.k < 6 as is_open,
    coalesce(g.coins, 0) as coins,
    case
      when a.status = 'live' and a.k < 6 then 10 * coalesce(g.coins, 0) + 500 * a.k
      when a.is_hot then 1 + coalesce(g.coins, 0) * a.k / 110
      else 50 * (1 + mod(a.n, 20))
    end::bigint as target
  from asked a
  left join (select stream_id, sum(coins) as coins from given group by stream_id) g on g.stream_id = a.id
)
select
  pg_temp.id('goal', g.n),
  g.stream_id,
  pg_temp.pick(array['A new microphone', 'One more hour', 'Better lights', 'A trip to the sea'], 'goal', g.n),
  g.target,
  case when pg_temp.chance('rewards', g.n) < 0.5 then 'I sing what you ask for' end,
  0,
  case when g.coins >= g.target then g.target else g.coins end,
  case when g.is_open then 'active' when g.coins >= g.target then 'completed' else 'missed' end,
  g.until,
  g.started_at + make_interval(secs => mod(g.n, 1000)),
  case when not g.is_open and g.coins >= g.target then g.until end
from standing g
order by g.started_at, g.n;

insert into landmark (name, id)
select 'goal', pg_temp.id('goal', s.n * 1000::bigint + 1)
from stream s
where s.is_hot;
