-- Who may do what how often, counted for all sandboxes together. What has no rule here is counted in the
-- sandbox's memory (limelight.http.counters.memory). Why and what it costs: docs/adr/0011.

-- The rules are configuration: a change holds from the next request on (docs/operations.md). Several
-- windows of one rule hold together.
create table private.rate_limits (
  rule text not null
    check (rule ~ '^[a-z][a-z_]{0,39}$'),
  window_seconds integer not null
    check (window_seconds between 1 and 86400),
  max_requests integer not null
    check (max_requests between 1 and 1000),
  primary key (rule, window_seconds)
);

insert into private.rate_limits (rule, window_seconds, max_requests)
values
  ('checkout', 60, 5),
  ('checkout', 3600, 30),
  ('payout', 60, 5),
  ('payout', 3600, 30),
  ('gift', 60, 10),
  ('gift', 3600, 60),
  ('tip', 60, 10),
  ('tip', 3600, 60),
  ('dm_tip', 60, 10),
  ('dm_tip', 3600, 60),
  ('stream_ticket', 60, 10),
  ('stream_ticket', 3600, 60),
  ('show_ticket', 60, 10),
  ('show_ticket', 3600, 60),
  ('unlock', 60, 10),
  ('unlock', 3600, 60),
  ('call_request', 60, 3),
  ('call_request', 86400, 50),
  ('chat', 60, 30),
  ('sign_up', 60, 3),
  ('username_check', 60, 20);

-- When a subject was let through, no further back than the rule's longest window: never more moments
-- than that window allows, so that the sliding window is exact and a row is bounded. Unlogged: a crash
-- forgets the counts, which costs less than writing them to disk twice. `used_on` changes once a day, so
-- that its index leaves every other update heap-only.
create unlogged table private.rate_usage (
  rule text not null,
  subject text not null
    check (length(subject) between 1 and 128),
  used_at timestamptz[] not null,
  used_on date not null,
  primary key (rule, subject)
) with (fillfactor = 50);

create index rate_usage_age on private.rate_usage (used_on);

-- What proves that it is the sign-up functions that count an address: the SHA-256 of their secret. Two
-- rows while it is being rotated.
create table private.rate_proofs (
  digest bytea primary key
    check (length(digest) = 32),
  created_at timestamptz not null default now()
);

-- Lets the subject through once more, or not, and answers how it then stands in each window:
-- `reset_seconds` is until `remaining` grows, 0 where it cannot. A refusal is not counted. One row is locked, so requests
-- of one subject take turns, and nothing can deadlock.
create function private.take_rate(rule text, subject text)
returns table (
  admitted boolean,
  window_seconds integer,
  max_requests integer,
  remaining integer,
  reset_seconds integer
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  moment timestamptz := private.now();
  today date := (moment at time zone 'UTC')::date;
  begins timestamptz;
  used timestamptz[];
begin
  select moment - make_interval(secs => max(l.window_seconds)) into begins
  from private.rate_limits l
  where l.rule = take_rate.rule;
  if begins is null then
    raise exception 'no rate limit is named %', rule
      using errcode = 'undefined_object';
  end if;

  insert into private.rate_usage as u (rule, subject, used_at, used_on)
  values (take_rate.rule, take_rate.subject, array[moment], today)
  on conflict on constraint rate_usage_pkey do update
  set used_at = array(select t from unnest(u.used_at) t where t > begins) || moment,
      used_on = today
  where not exists (
    select
    from private.rate_limits l
    where l.rule = u.rule
      and l.max_requests <= (
        select count(*)
        from unnest(u.used_at) t
        where t > moment - make_interval(secs => l.window_seconds)
      )
  )
  returning u.used_at into used;
  admitted := found;

  if not admitted then
    select u.used_at into used
    from private.rate_usage u
    where u.rule = take_rate.rule
      and u.subject = take_rate.subject;
  end if;

  -- Room appears when the oldest of the newest `max_requests` moments leaves the window.
  return query
  select
    take_rate.admitted,
    l.window_seconds,
    l.max_requests,
    greatest(l.max_requests - cardinality(n.moments), 0),
    coalesce(
      ceil(extract(epoch from n.moments[least(cardinality(n.moments), l.max_requests)] - moment))::integer
        + l.window_seconds,
      0
    )
  from private.rate_limits l
  cross join lateral (
    select array(
      select t
      from unnest(used) t
      where t > moment - make_interval(secs => l.window_seconds)
      order by t desc
    ) as moments
  ) n
  where l.rule = take_rate.rule
  order by l.window_seconds;
end
$$;

-- The same over REST, for the endpoints that anybody may call: the caller's address is the subject, and
-- the proof keeps everybody else from using up what is not theirs. Subjects of this door are apart from
-- users' whatever is passed.
create function public.take_address_rate(rule text, address text, proof text)
returns table (
  admitted boolean,
  window_seconds integer,
  max_requests integer,
  remaining integer,
  reset_seconds integer
)
language plpgsql
security definer
set search_path = ''
as $$
begin
  if not exists (
    select
    from private.rate_proofs p
    where p.digest = sha256(convert_to(proof, 'UTF8'))
  ) then
    perform private.fail(403, 'forbidden');
  end if;
  return query
  select t.admitted, t.window_seconds, t.max_requests, t.remaining, t.reset_seconds
  from private.take_rate(take_address_rate.rule, 'address ' || address) t;
end
$$;

-- Forgets up to `batch` subjects that nobody has been for longer than any window lasts.
create function private.purge_rate_usage(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  purged integer;
begin
  with old as (
    select u.rule, u.subject
    from private.rate_usage u
    where u.used_on < (private.now() at time zone 'UTC')::date - 1
    order by u.used_on
    limit batch
    for update skip locked
  )
  delete from private.rate_usage u
  using old
  where u.rule = old.rule
    and u.subject = old.subject;
  get diagnostics purged = row_count;
  return purged;
end
$$;

-- Nobody reads or writes the tables but these functions.
alter table private.rate_limits enable row level security;
alter table private.rate_usage enable row level security;
alter table private.rate_proofs enable row level security;

grant execute on function private.take_rate(text, text), private.purge_rate_usage(integer) to limelight_backend;
grant execute on function public.take_address_rate(text, text, text) to anon;
