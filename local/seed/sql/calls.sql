-- Paid calls: those that are over, billed or not, and those that are open, each fan's one at most.

create temporary table call on commit drop as
with asked as (
  select
    n,
    %(opened)s::timestamptz
      + make_interval(secs => 86400 + (%(span)s - 43200 - 86400) * (n - 0.5) / %(calls)s) as requested_at
  from generate_series(1, %(calls)s) as n
), over as (
  select
    a.n,
    a.requested_at,
    1 + floor(pg_temp.users_by(a.requested_at) * power(pg_temp.chance('caller', a.n), 1.3))::integer as fan_n,
    1 + 50 * floor(
      (1 + floor((pg_temp.users_by(a.requested_at) - 1) / 50)) * power(pg_temp.chance('called', a.n), 2)
    )::integer as creator_n,
    case
      when pg_temp.chance('call', a.n) < 0.70 then 'completed'
      when pg_temp.chance('call', a.n) < 0.78 then 'rejected'
      when pg_temp.chance('call', a.n) < 0.90 then 'missed'
      when pg_temp.chance('call', a.n) < 0.95 then 'cancelled'
      else 'called off'
    end as fate
  from asked a
), callers as (
  select n as fan_n, row_number() over (order by pg_temp.chance('open caller', n), n) as turn
  from person
  where role = 'fan'
    and not is_suspended
), called as (
  select n as creator_n, row_number() over (order by n) - 1 as turn, count(*) over () as creators
  from person
  where role = 'creator'
    and not is_suspended
), open as (
  select
    %(calls)s + c.turn as n,
    -- A call that is on was asked for a while ago, one that waits just now.
    %(at)s::timestamptz - make_interval(
      secs => 230 * pg_temp.chance('asked', c.turn)
        + case mod(c.turn, 5) when 3 then 1200 when 4 then 1500 else 0 end
    ) as requested_at,
    c.fan_n,
    d.creator_n,
    case mod(c.turn, 5) when 3 then 'accepted' when 4 then 'active' else 'pending' end as fate
  from callers c
  join called d on d.turn = case
      when mod(c.turn, 5) < 2 then 0
      else floor(d.creators * power(pg_temp.chance('called', -c.turn), 2))
    end
  where c.turn <= %(open_calls)s
), lasting as (
  select
    c.*,
    s.call_rate_per_minute as rate,
    s.minimum_call_duration as minimum,
    s.minimum_call_duration + floor(10 * pg_temp.chance('estimate', c.n))::integer as estimate,
    c.requested_at + make_interval(secs => 5 + 115 * pg_temp.chance('answer', c.n)) as answered_at,
    pg_temp.chance('lasts', c.n) as lasts
  from (select * from over union all select * from open) c
  join person p on p.n = c.creator_n
  join public.creator_settings s on s.user_id = p.id
  where c.fan_n <> c.creator_n
), timed as (
  select
    l.*,
    l.fate in ('accepted', 'called off', 'active', 'completed') as is_accepted,
    l.fate in ('active', 'completed') as is_started,
    l.answered_at + make_interval(secs => 20) as started_at,
    case l.fate
      when 'completed' then l.answered_at + make_interval(secs => 20 + floor(60 * (0.5 + l.lasts) * l.estimate))
      when 'rejected' then l.answered_at
      when 'cancelled' then l.answered_at
      when 'missed' then l.requested_at + make_interval(mins => 5)
      when 'called off' then l.answered_at + make_interval(mins => 2)
    end as ended_at
  from lasting l
), billed as (
  select
    t.*,
    case t.fate
      when 'completed' then private.billed_minutes(
        floor(extract(epoch from t.ended_at - t.started_at))::bigint, t.minimum
      )
      else 0
    end as minutes,
    -- An active call is held for, minute by minute, until after its present.
    case t.fate
      when 'active' then greatest(
        t.estimate, 2 + ceil(extract(epoch from %(at)s::timestamptz - t.started_at) / 60)::integer
      )
      else t.estimate
    end as held_minutes
  from timed t
)
select
  b.*,
  pg_temp.id('call', b.n) as id,
  pg_temp.id('hold', b.n) as hold_id,
  case when b.minutes > 0 then pg_temp.id('call transfer', b.n) end as transfer_id,
  f.id as fan_id,
  f.wallet_id as payer,
  c.id as creator_id,
  c.wallet_id as payee
from billed b
join person f on f.n = b.fan_n
join person c on c.n = b.creator_n;

analyze call;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  c.ended_at, c.transfer_id, 'hold_capture', c.fan_id, 'call/' || c.id, 'call', c.id, c.payer, c.payee,
  c.rate * c.minutes, 'call_charge', 'call_earnings'
from call c
where c.minutes > 0;

insert into held (at, id, payer, amount)
select c.requested_at, c.hold_id, c.payer, c.rate * c.held_minutes
from call c
where c.ended_at is null;

insert into public.holds (
  id, wallet_id, purpose, subject_type, subject_id, amount, captured, status, expires_at, created_at, closed_at
)
select
  c.hold_id,
  c.payer,
  'call',
  'call',
  c.id,
  c.rate * c.held_minutes,
  c.rate * c.minutes,
  case when c.ended_at is null then 'active' when c.minutes > 0 then 'settled' else 'released' end,
  c.requested_at + ledger.call_hold_lifetime(),
  c.requested_at,
  c.ended_at
from call c
order by c.requested_at, c.n;

insert into public.calls (
  id, fan_id, creator_id, status, rate_per_minute, minimum_minutes, estimated_minutes, room_name, hold_id,
  requested_at, accepted_at, fan_joined_at, creator_joined_at, started_at, ended_at, expires_at,
  covered_until, ended_by, end_reason, billed_minutes, charged, transfer_id
)
select
  c.id,
  c.fan_id,
  c.creator_id,
  case c.fate when 'called off' then 'cancelled' else c.fate end,
  c.rate,
  c.minimum,
  c.estimate,
  'call_' || replace(pg_temp.id('call room', c.n)::text, '-', ''),
  c.hold_id,
  c.requested_at,
  case when c.is_accepted then c.answered_at end,
  case when c.is_started then c.started_at - make_interval(secs => 8) end,
  case when c.is_started then c.started_at end,
  case when c.is_started then c.started_at end,
  c.ended_at,
  case c.fate
    when 'pending' then c.requested_at + make_interval(mins => 5)
    when 'accepted' then c.answered_at + make_interval(mins => 30)
    when 'active' then c.started_at + make_interval(mins => 240)
  end,
  case c.fate when 'active' then c.started_at + make_interval(mins => c.held_minutes) end,
  case c.fate
    when 'completed' then case when c.lasts < 0.5 then 'fan' else 'creator' end
    when 'rejected' then 'creator'
    when 'missed' then 'platform'
    when 'cancelled' then 'fan'
    when 'called off' then 'creator'
  end,
  case c.fate
    when 'completed' then 'end'
    when 'rejected' then 'reject'
    when 'missed' then 'expire'
    when 'cancelled' then 'cancel'
    when 'called off' then 'cancel'
  end,
  c.minutes,
  c.rate * c.minutes,
  c.transfer_id
from call c
order by c.requested_at, c.n;

-- One of each kind of open call with the creator whom most ask.
insert into landmark (name, id)
select distinct on (c.fate) c.fate || ' call', c.id
from call c
where c.ended_at is null
order by c.fate, c.creator_n, c.n;
