-- Ticketed shows: most are over, some were called off, a few are on; the hot one is in two days. What was
-- paid for a show lies in escrow until it has ended.

create temporary table show on commit drop as
with numbered as (
  select
    n,
    case
      when n <= %(shows)s * 7 / 10 then 'ended'
      when n <= %(shows)s * 8 / 10 then 'cancelled'
      when n <= %(shows)s * 8 / 10 + greatest(1, %(shows)s / 100) then 'live'
      else 'scheduled'
    end as status,
    n = %(shows)s as is_hot
  from generate_series(1, %(shows)s) as n
), planned as (
  select
    s.*,
    case s.status
      when 'live' then %(at)s::timestamptz - make_interval(secs => 1200 + 600 * pg_temp.chance('show start', s.n))
      when 'scheduled' then %(at)s::timestamptz
        + case when s.is_hot then interval '2 days' else interval '3 hours' + interval '20 days' * pg_temp.chance('show start', s.n) end
      else %(opened)s::timestamptz + interval '20 days' + interval '69 days' * pg_temp.chance('show start', s.n)
    end as scheduled_start
  from numbered s
), announced as (
  select
    p.*,
    least(p.scheduled_start - interval '14 days', %(at)s::timestamptz - interval '2 days')
      + interval '1 day' * pg_temp.chance('announced show', p.n) as created_at
  from planned p
), hosts as (
  select n, row_number() over (order by creator_rank) - 1 as turn, count(*) over () as hosts
  from person
  where creator_rank is not null
    and not is_suspended
)
select
  a.n,
  pg_temp.id('show', a.n) as id,
  a.status,
  a.is_hot,
  h.n as creator_n,
  c.id as creator_id,
  c.wallet_id as payee,
  a.scheduled_start,
  a.created_at,
  case
    when a.is_hot then 50
    when a.status = 'cancelled' or pg_temp.chance('free show', a.n) < 0.15 then 0
    else 10 * (1 + mod(a.n, 20))
  end::bigint as price,
  case
    when a.is_hot then %(users)s / 4
    else least(%(users)s / 20, 8 * power(1 - pg_temp.chance('show crowd', a.n), -0.75))
  end::integer as comers,
  a.scheduled_start + interval '3 minutes' as started_at,
  a.scheduled_start + interval '66 minutes' as ended_at
from announced a
join hosts h on h.turn = case
    when a.is_hot then 0
    else floor(
      least(h.hosts, 1 + floor((pg_temp.users_by(a.created_at) - 1) / 50) * 0.9) * power(pg_temp.chance('show host', a.n), 2)
    )
  end
join person c on c.n = h.n;

analyze show;

create temporary table entrant on commit drop as
with drawn as (
  select distinct
    s.n as show_n,
    1 + floor(
      pg_temp.users_by(s.created_at) * power(pg_temp.chance('entrant', s.n * 10000000::bigint + k), 1.3)
    )::integer as user_n
  from show s
  cross join lateral generate_series(1, s.comers) as k
), timed as (
  select
    d.show_n,
    d.user_n,
    s.created_at + pg_temp.chance('bought at', d.show_n * 10000000::bigint + d.user_n)
      * (least(s.scheduled_start, %(at)s::timestamptz) - s.created_at) as created_at
  from drawn d
  join show s on s.n = d.show_n
  where d.user_n <> s.creator_n
)
select
  t.*,
  row_number() over (partition by t.show_n order by t.created_at, t.user_n)::integer as number,
  t.show_n * 10000000::bigint + t.user_n as n
from timed t;

analyze entrant;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  e.created_at, pg_temp.id('seat transfer', e.n), 'escrow_deposit', p.id, pg_temp.id('seat key', e.n)::text,
  'show', s.id, p.wallet_id, pg_temp.system_wallet('show_escrow'), s.price, 'show_ticket', 'show_ticket'
from entrant e
join show s on s.n = e.show_n
join person p on p.n = e.user_n
where s.price > 0;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  s.ended_at, pg_temp.id('release', s.n), 'escrow_release', s.creator_id, 'show/' || s.id, 'show', s.id,
  pg_temp.system_wallet('show_escrow'), s.payee, s.price * t.tickets, 'show_earnings', 'show_earnings'
from show s
join (select show_n, count(*) as tickets from entrant group by show_n) t on t.show_n = s.n
where s.status = 'ended'
  and s.price > 0;

insert into public.shows (
  id, creator_id, title, description, show_type, ticket_price, max_tickets, issued, sold, scheduled_start,
  duration_minutes, cover_image_url, is_private, tags, status, started_at, ended_at, cancelled_at,
  cancel_reason, release_transfer_id, room_name, created_at
)
select
  s.id,
  s.creator_id,
  pg_temp.pick(
    array['Piano by moonlight', 'Ask a chef', 'Watercolour, step by step', 'Meet and greet', 'An hour of Bach'],
    'show title', s.n
  ) || ' #' || s.n,
  'Doors open ten minutes before',
  pg_temp.pick(array['live_show', 'qna', 'workshop', 'meetgreet', 'performance'], 'show type', s.n),
  s.price,
  case when pg_temp.chance('seats', s.n) < 0.5 then greatest(50, 2 * coalesce(t.tickets, 0)) end,
  coalesce(t.tickets, 0),
  case s.status when 'cancelled' then 0 else coalesce(t.tickets, 0) end,
  s.scheduled_start,
  60,
  'https://cdn.example.com/shows/' || s.id || '.jpg',
  not s.is_hot and pg_temp.chance('private show', s.n) < 0.1,
  array['live'],
  s.status,
  case when s.status in ('live', 'ended') then s.started_at end,
  case when s.status = 'ended' then s.ended_at end,
  case when s.status = 'cancelled' then s.scheduled_start - interval '1 hour' end,
  case when s.status = 'cancelled' then 'cancel' end,
  case when s.status = 'ended' and s.price > 0 and t.tickets > 0 then pg_temp.id('release', s.n) end,
  'show_' || replace(pg_temp.id('show room', s.n)::text, '-', ''),
  s.created_at
from show s
left join (select show_n, count(*)::integer as tickets from entrant group by show_n) t on t.show_n = s.n
order by s.created_at, s.n;

insert into public.show_tickets (
  id, show_id, user_id, number, price, status, transfer_id, checked_in_at, refunded_at, created_at
)
select
  pg_temp.id('show ticket', e.n),
  s.id,
  p.id,
  e.number,
  s.price,
  case s.status when 'cancelled' then 'refunded' else 'valid' end,
  case when s.price > 0 then pg_temp.id('seat transfer', e.n) end,
  case
    when s.status in ('live', 'ended') and pg_temp.chance('came', e.n) < 0.8
      then s.started_at + make_interval(secs => 600 * pg_temp.chance('came at', e.n))
  end,
  case when s.status = 'cancelled' then s.scheduled_start - interval '1 hour' end,
  least(e.created_at, s.scheduled_start - interval '1 hour')
from entrant e
join show s on s.n = e.show_n
join person p on p.n = e.user_n
order by e.created_at, e.n;

insert into public.show_reminders (show_id, user_id, attempts, sent_at, created_at)
select
  s.id,
  p.id,
  case s.status when 'ended' then 1 else 0 end,
  case s.status when 'ended' then s.scheduled_start - interval '15 minutes' end,
  e.created_at
from entrant e
join show s on s.n = e.show_n
join person p on p.n = e.user_n
where s.status in ('ended', 'scheduled')
  and pg_temp.chance('reminds', e.n) < 0.3
order by e.created_at, e.n;

-- The show that most will come to, one that is on, and one of another host that few will come to.
insert into landmark (name, id)
select 'show', id from show where is_hot
union all
(select 'live show', id from show where status = 'live' order by comers desc, n limit 1)
union all
(
  select 'small show', s.id
  from show s
  where s.status = 'scheduled'
    and s.price > 0
    and s.comers between 1 and 20
    and s.creator_n <> (select creator_n from show where is_hot)
  order by s.n
  limit 1
);
