-- What a creator earned and did, by UTC day: rollups that a job refreshes, and what came since.
--
-- Earnings are the ledger's own entries. The job folds them into days up to a mark, in the order of their
-- ids; whoever reads adds the entries after it, along the index by wallet, in the same snapshot, so that
-- every figure is exact at every moment and no reader waits. Ids are not handed out in the order of commits:
-- a mark is folded only when every transaction that was running when it was set is over (docs/analytics.md).
--
-- Streams, calls, shows and follows are few. Each leaves a line in creator_activity when it is over or made,
-- which nobody waits for; the job takes the lines into days, and whoever reads adds those still there.
--
-- All of it is derived: no foreign keys, and private.rebuild_analytics() makes it again from its sources.

-- The ledger's days are the days of the server's clock.
alter table public.transfers alter column created_at set default private.now();
alter table public.entries alter column created_at set default private.now();

-- How far the ledger has been folded. `marked_id` is how far it may be once nothing older than
-- `marked_xid` is running; the two ids are equal when no mark waits.
create table public.analytics_progress (
  singleton boolean primary key default true
    check (singleton),
  folded_id bigint not null default 0,
  marked_id bigint not null default 0,
  marked_xid xid8 not null default '0',
  check (marked_id >= folded_id)
) with (fillfactor = 50);

insert into public.analytics_progress default values;

create table public.creator_daily_earnings (
  creator_id uuid not null,
  day date not null,
  source text not null
    check (source in ('gifts', 'tips', 'tickets', 'calls', 'shows', 'messages')),
  coins bigint not null,
  entries bigint not null
    check (entries >= 1),
  primary key (creator_id, day, source)
) with (fillfactor = 70);

create table public.creator_daily_gifts (
  creator_id uuid not null,
  day date not null,
  gift_id uuid not null,
  coins bigint not null,
  gifts bigint not null,
  primary key (creator_id, day, gift_id)
) with (fillfactor = 70);

-- What each gifter gave a creator on a day of the last ninety: what leaves a period when its day does.
create table public.creator_daily_gifters (
  creator_id uuid not null,
  day date not null,
  user_id uuid not null,
  coins bigint not null,
  gifts bigint not null,
  primary key (creator_id, day, user_id)
) with (fillfactor = 70);

-- What each gifter gave a creator within a period: so many days up to the creator's window, or ever (0).
create table public.creator_gifters (
  creator_id uuid not null,
  period integer not null
    check (period in (0, 7, 30, 90)),
  user_id uuid not null,
  coins bigint not null,
  gifts bigint not null,
  primary key (creator_id, period, user_id)
) with (fillfactor = 70);

create index creator_gifters_top on public.creator_gifters (creator_id, period, coins desc, user_id);

-- The last day of a creator's periods in creator_gifters.
create table public.creator_windows (
  creator_id uuid primary key,
  as_of date not null
);

create index creator_windows_due on public.creator_windows (as_of);

-- What happened and is not in its day yet. A stream is of the day it began, a call and a show of the day
-- they ended, a follow of the day it was made: who leaves is taken from that day.
create table public.creator_activity (
  id bigint generated always as identity primary key,
  creator_id uuid not null,
  day date not null,
  streams bigint not null default 0,
  stream_seconds bigint not null default 0,
  views bigint not null default 0,
  peak_viewers integer not null default 0,
  calls bigint not null default 0,
  call_minutes bigint not null default 0,
  shows bigint not null default 0,
  show_tickets bigint not null default 0,
  limited_tickets bigint not null default 0,
  limited_seats bigint not null default 0,
  followers bigint not null default 0
);

create index creator_activity_creator on public.creator_activity (creator_id);

create table public.creator_daily_activity (
  creator_id uuid not null,
  day date not null,
  streams bigint not null,
  stream_seconds bigint not null,
  views bigint not null,
  peak_viewers integer not null,
  calls bigint not null,
  call_minutes bigint not null,
  shows bigint not null,
  show_tickets bigint not null,
  limited_tickets bigint not null,
  limited_seats bigint not null,
  followers bigint not null,
  primary key (creator_id, day)
) with (fillfactor = 70);

create function private.utc_day(moment timestamptz)
returns date
language sql
immutable
parallel safe
set search_path = ''
as $$
  select (moment at time zone 'UTC')::date
$$;

-- The transfer that a chain of reversals began with.
create function private.origin(transfer uuid)
returns uuid
language sql
stable
set search_path = ''
as $$
  with recursive chain as (
    select t.id, t.reverses
    from public.transfers t
    where t.id = transfer

    union all

    select t.id, t.reverses
    from chain c
    join public.transfers t on t.id = c.reverses
  )
  select c.id
  from chain c
  where c.reverses is null
$$;

-- Every entry that is an earning, or takes one back: a reversal counts against the source of what it
-- reverses, whatever its own type, on its own day. Written out rather than asked of functions, which are
-- called once a row.
create view private.earnings
with (security_invoker = true)
as
select
  e.id,
  e.wallet_id,
  w.user_id as creator_id,
  (e.created_at at time zone 'UTC')::date as day,
  case o.type
    when 'gift' then 'gifts'
    when 'stream_tip' then 'tips'
    when 'stream_ticket' then 'tickets'
    when 'call_earnings' then 'calls'
    when 'show_earnings' then 'shows'
    else 'messages'
  end as source,
  e.amount as coins,
  g.sender_id as gifter_id,
  g.gift_id,
  sign(e.amount)::bigint * g.quantity as gifts
from public.entries e
join public.wallets w on w.id = e.wallet_id
join public.transfers t on t.id = e.transfer_id
cross join lateral (
  select e.transfer_id, e.type
  where t.reverses is null
    and e.amount > 0

  union all

  (
    select x.transfer_id, x.type
    from public.entries x
    where t.reverses is not null
      and x.transfer_id = private.origin(t.reverses)
      and x.wallet_id = e.wallet_id
      and x.amount = abs(e.amount)
    order by x.id
    limit 1
  )
) o
left join public.stream_gifts g on g.transfer_id = o.transfer_id
where w.user_id is not null
  and o.type in (
    'gift', 'stream_tip', 'stream_ticket', 'call_earnings', 'show_earnings', 'message_unlock', 'dm_tip'
  );

-- Notes how far the ledger goes and which transactions may still be writing below that. The order matters:
-- whoever took an id below the last one that is visible had begun before this transaction has an id.
create function private.mark_earnings()
returns boolean
language plpgsql
security definer
set search_path = ''
as $$
declare
  last bigint;
begin
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'a mark is set by a transaction of its own'
      using errcode = 'active_sql_transaction';
  end if;
  last := (select max(e.id) from public.entries e);
  update public.analytics_progress p
  set marked_id = last,
      marked_xid = pg_current_xact_id()
  where p.singleton in (
      select q.singleton
      from public.analytics_progress q
      for no key update skip locked
    )
    and p.marked_id = p.folded_id
    and p.folded_id < last;
  return found;
end
$$;

-- Adds what was earned by the entries after `after`, up to `upto`, to the rollups. Whoever calls it holds
-- the progress, so one at a time; it writes what nobody else writes.
create function private.fold_entries(after bigint, upto bigint)
returns void
language sql
set search_path = ''
as $$
  with earned as materialized (
    select r.creator_id, r.day, r.source, r.coins, r.gifter_id, r.gift_id, r.gifts
    from private.earnings r
    where r.id > after
      and r.id <= upto
  ), by_source as (
    insert into public.creator_daily_earnings as d (creator_id, day, source, coins, entries)
    select r.creator_id, r.day, r.source, sum(r.coins), count(*)
    from earned r
    group by r.creator_id, r.day, r.source
    on conflict (creator_id, day, source) do update
    set coins = d.coins + excluded.coins,
        entries = d.entries + excluded.entries
  ), given as materialized (
    select
      r.creator_id, r.day, r.gifter_id, r.gift_id, r.coins, r.gifts,
      coalesce(w.as_of, private.utc_day(private.now())) as as_of
    from earned r
    left join public.creator_windows w on w.creator_id = r.creator_id
    where r.gift_id is not null
  ), opened as (
    insert into public.creator_windows (creator_id, as_of)
    select distinct r.creator_id, r.as_of
    from given r
    on conflict do nothing
  ), by_gift as (
    insert into public.creator_daily_gifts as d (creator_id, day, gift_id, coins, gifts)
    select r.creator_id, r.day, r.gift_id, sum(r.coins), sum(r.gifts)
    from given r
    group by r.creator_id, r.day, r.gift_id
    on conflict (creator_id, day, gift_id) do update
    set coins = d.coins + excluded.coins,
        gifts = d.gifts + excluded.gifts
  ), by_gifter as (
    insert into public.creator_daily_gifters as d (creator_id, day, user_id, coins, gifts)
    select r.creator_id, r.day, r.gifter_id, sum(r.coins), sum(r.gifts)
    from given r
    where r.day > r.as_of - 90
    group by r.creator_id, r.day, r.gifter_id
    on conflict (creator_id, day, user_id) do update
    set coins = d.coins + excluded.coins,
        gifts = d.gifts + excluded.gifts
  )
  insert into public.creator_gifters as d (creator_id, period, user_id, coins, gifts)
  select r.creator_id, p.period, r.gifter_id, sum(r.coins), sum(r.gifts)
  from given r
  join unnest(array[0, 7, 30, 90]) as p (period) on p.period = 0 or r.day > r.as_of - p.period
  group by r.creator_id, p.period, r.gifter_id
  on conflict (creator_id, period, user_id) do update
  set coins = d.coins + excluded.coins,
      gifts = d.gifts + excluded.gifts
$$;

-- Folds at most `batch` ids up to the mark; answers how many, 0 when there is none to fold or somebody is at
-- it. Progress and rollups change together: a run that is cut off is a run that has not begun.
create function private.fold_earnings(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  progress public.analytics_progress;
  upto bigint;
begin
  select * into progress
  from public.analytics_progress p
  for no key update skip locked;
  if progress.marked_id is null or progress.marked_id = progress.folded_id then
    return 0;
  end if;
  -- A mark of the future was set on another server, which this database was restored from.
  if progress.marked_xid >= pg_snapshot_xmax(pg_current_snapshot()) then
    update public.analytics_progress set marked_id = folded_id;
    return 0;
  end if;
  if progress.marked_xid >= pg_snapshot_xmin(pg_current_snapshot()) then
    return 0;
  end if;

  upto := least(progress.folded_id + batch, progress.marked_id);
  perform private.fold_entries(progress.folded_id, upto);
  update public.analytics_progress set folded_id = upto;
  return upto - progress.folded_id;
end
$$;

-- Takes the oldest lines of activity into their days; answers how many.
create function private.fold_activity(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  folded integer;
begin
  perform from public.analytics_progress p for no key update skip locked;
  if not found then
    return 0;
  end if;
  with taken as (
    delete from public.creator_activity a
    where a.id in (select b.id from public.creator_activity b order by b.id limit batch)
    returning a.*
  ), added as (
    insert into public.creator_daily_activity as d (
      creator_id, day, streams, stream_seconds, views, peak_viewers, calls, call_minutes, shows,
      show_tickets, limited_tickets, limited_seats, followers
    )
    select
      t.creator_id, t.day, sum(t.streams), sum(t.stream_seconds), sum(t.views), max(t.peak_viewers),
      sum(t.calls), sum(t.call_minutes), sum(t.shows), sum(t.show_tickets), sum(t.limited_tickets),
      sum(t.limited_seats), sum(t.followers)
    from taken t
    group by t.creator_id, t.day
    on conflict (creator_id, day) do update
    set streams = d.streams + excluded.streams,
        stream_seconds = d.stream_seconds + excluded.stream_seconds,
        views = d.views + excluded.views,
        peak_viewers = greatest(d.peak_viewers, excluded.peak_viewers),
        calls = d.calls + excluded.calls,
        call_minutes = d.call_minutes + excluded.call_minutes,
        shows = d.shows + excluded.shows,
        show_tickets = d.show_tickets + excluded.show_tickets,
        limited_tickets = d.limited_tickets + excluded.limited_tickets,
        limited_seats = d.limited_seats + excluded.limited_seats,
        followers = d.followers + excluded.followers
  )
  select count(*) into folded from taken;
  return folded;
end
$$;

-- What a gifter gave on the days that have left a period since the window `as_of`, up to `today`.
create function private.gifts_gone(creator uuid, as_of date, today date, period integer)
returns table (user_id uuid, coins bigint, gifts bigint)
language sql
stable
set search_path = ''
as $$
  select g.user_id, g.coins, g.gifts
  from public.creator_daily_gifters g
  where g.creator_id = creator
    and g.day > as_of - period
    and g.day <= today - period
$$;

-- Moves the windows of some creators to today: what left a period is taken from it. Until then whoever reads
-- takes it off for themselves. Answers how many creators.
create function private.roll_windows(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  today date := private.utc_day(private.now());
  due public.creator_windows;
  rolled integer := 0;
begin
  perform from public.analytics_progress p for no key update skip locked;
  if not found then
    return 0;
  end if;
  for due in
    select *
    from public.creator_windows w
    where w.as_of < today
    order by w.as_of
    limit batch
  loop
    update public.creator_gifters g
    set coins = g.coins - x.coins,
        gifts = g.gifts - x.gifts
    from (
      select p.period, n.user_id, sum(n.coins) as coins, sum(n.gifts) as gifts
      from unnest(array[7, 30, 90]) as p (period)
      cross join lateral private.gifts_gone(due.creator_id, due.as_of, today, p.period) n
      group by p.period, n.user_id
    ) x
    where g.creator_id = due.creator_id
      and g.period = x.period
      and g.user_id = x.user_id;
    delete from public.creator_daily_gifters g
    where g.creator_id = due.creator_id
      and g.day <= today - 90;
    update public.creator_windows w set as_of = today where w.creator_id = due.creator_id;
    rolled := rolled + 1;
  end loop;
  return rolled;
end
$$;

-- The lines of activity, each written in the transaction of what it tells of.

create function private.note_stream_activity()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.creator_activity (creator_id, day, streams, stream_seconds, views, peak_viewers)
  select
    s.creator_id,
    private.utc_day(s.started_at),
    1,
    floor(extract(epoch from s.ended_at - s.started_at)),
    new.total_views,
    new.peak_viewers
  from public.streams s
  where s.id = new.stream_id
    and s.status = 'ended'
    and s.started_at is not null;
  return null;
end
$$;

create trigger stream_stats_noted after insert on public.stream_stats
  for each row when (not new.is_live)
  execute function private.note_stream_activity();
create trigger stream_stats_closed after update of is_live on public.stream_stats
  for each row when (old.is_live and not new.is_live)
  execute function private.note_stream_activity();

create function private.note_call_activity()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.creator_activity (creator_id, day, calls, call_minutes)
  values (new.creator_id, private.utc_day(new.ended_at), 1, new.billed_minutes);
  return null;
end
$$;

create trigger calls_noted after update of status on public.calls
  for each row when (old.status <> 'completed' and new.status = 'completed')
  execute function private.note_call_activity();

create function private.note_show_activity()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.creator_activity (creator_id, day, shows, show_tickets, limited_tickets, limited_seats)
  values (
    new.creator_id,
    private.utc_day(new.ended_at),
    1,
    new.sold,
    case when new.max_tickets is null then 0 else new.sold end,
    coalesce(new.max_tickets, 0)
  );
  return null;
end
$$;

create trigger shows_noted after update of status on public.shows
  for each row when (old.status <> 'ended' and new.status = 'ended')
  execute function private.note_show_activity();

create function private.note_follow_activity()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  edge public.follows := coalesce(new, old);
begin
  insert into public.creator_activity (creator_id, day, followers)
  values (edge.followee_id, private.utc_day(edge.created_at), case tg_op when 'INSERT' then 1 else -1 end);
  return null;
end
$$;

create trigger follows_noted after insert or delete on public.follows
  for each row execute function private.note_follow_activity();

-- Makes every rollup again from its sources, while nobody writes to them: for what was there before this
-- migration, and for what was loaded past the triggers.
create function private.rebuild_analytics()
returns void
language plpgsql
set search_path = ''
as $$
declare
  last bigint;
begin
  lock table public.entries, public.stream_stats, public.calls, public.shows, public.follows in share mode;
  perform from public.analytics_progress p for update;
  delete from public.creator_daily_earnings;
  delete from public.creator_daily_gifts;
  delete from public.creator_daily_gifters;
  delete from public.creator_gifters;
  delete from public.creator_windows;
  delete from public.creator_activity;
  delete from public.creator_daily_activity;

  last := (select coalesce(max(e.id), 0) from public.entries e);
  perform private.fold_entries(0, last);
  update public.analytics_progress set folded_id = last, marked_id = last, marked_xid = '0';

  insert into public.creator_activity (creator_id, day, streams, stream_seconds, views, peak_viewers)
  select
    s.creator_id,
    private.utc_day(s.started_at),
    1,
    floor(extract(epoch from s.ended_at - s.started_at)),
    x.total_views,
    x.peak_viewers
  from public.streams s
  join public.stream_stats x on x.stream_id = s.id
  where s.status = 'ended'
    and s.started_at is not null;
  insert into public.creator_activity (creator_id, day, calls, call_minutes)
  select c.creator_id, private.utc_day(c.ended_at), 1, c.billed_minutes
  from public.calls c
  where c.status = 'completed';
  insert into public.creator_activity (creator_id, day, shows, show_tickets, limited_tickets, limited_seats)
  select
    s.creator_id,
    private.utc_day(s.ended_at),
    1,
    s.sold,
    case when s.max_tickets is null then 0 else s.sold end,
    coalesce(s.max_tickets, 0)
  from public.shows s
  where s.status = 'ended';
  insert into public.creator_activity (creator_id, day, followers)
  select f.followee_id, private.utc_day(f.created_at), count(*)
  from public.follows f
  group by 1, 2;
  perform private.fold_activity((select count(*)::integer from public.creator_activity));
end
$$;

select private.rebuild_analytics();

alter table public.analytics_progress enable row level security;
alter table public.creator_daily_earnings enable row level security;
alter table public.creator_daily_gifts enable row level security;
alter table public.creator_daily_gifters enable row level security;
alter table public.creator_gifters enable row level security;
alter table public.creator_windows enable row level security;
alter table public.creator_activity enable row level security;
alter table public.creator_daily_activity enable row level security;

-- Over REST nobody sees any of it; the functions above alone write.
grant select on
  public.analytics_progress, public.creator_daily_earnings, public.creator_daily_gifts,
  public.creator_daily_gifters, public.creator_gifters, public.creator_windows, public.creator_activity,
  public.creator_daily_activity, private.earnings
  to limelight_backend;
create policy analytics_progress_backend on public.analytics_progress
  for select to limelight_backend using (true);
create policy creator_daily_earnings_backend on public.creator_daily_earnings
  for select to limelight_backend using (true);
create policy creator_daily_gifts_backend on public.creator_daily_gifts
  for select to limelight_backend using (true);
create policy creator_daily_gifters_backend on public.creator_daily_gifters
  for select to limelight_backend using (true);
create policy creator_gifters_backend on public.creator_gifters
  for select to limelight_backend using (true);
create policy creator_windows_backend on public.creator_windows
  for select to limelight_backend using (true);
create policy creator_activity_backend on public.creator_activity
  for select to limelight_backend using (true);
create policy creator_daily_activity_backend on public.creator_daily_activity
  for select to limelight_backend using (true);

grant execute on function
  private.utc_day(timestamptz),
  private.origin(uuid),
  private.mark_earnings(),
  private.fold_earnings(integer),
  private.fold_activity(integer),
  private.roll_windows(integer)
  to limelight_backend;
