-- Explore: every creator has a rank, and the list is read along its index.
--
-- The score: live 1000, online 500, streamed in the last 7 days 200, account not older than 14 days
-- 150, verified 100, and up to 300 for followers (69 · log10(followers + 1)). "Online" is who can be
-- reached now: live, or available for calls. A creator's category is that of their latest stream.
--
-- Parts of it change with time alone, so that it cannot be an expression of an index; it is kept in a
-- table instead. Going live and ending change a rank at once; a job each minute brings the rest up to
-- date, and writes only what has changed.

create table public.creator_ranks (
  user_id uuid primary key
    references public.users (id) on delete cascade,
  score integer not null
    check (score >= 0),
  category text,
  is_live boolean not null,
  is_online boolean not null,
  is_new boolean not null,
  search text not null
) with (fillfactor = 70);

create index creator_ranks_all on public.creator_ranks (score desc, user_id desc);
create index creator_ranks_category on public.creator_ranks (category, score desc, user_id desc);
create index creator_ranks_live on public.creator_ranks (score desc, user_id desc) where is_live;
create index creator_ranks_online on public.creator_ranks (score desc, user_id desc) where is_online;
create index creator_ranks_new on public.creator_ranks (score desc, user_id desc) where is_new;
create index creator_ranks_search on public.creator_ranks using gin (search extensions.gin_trgm_ops);

alter table public.creator_ranks enable row level security;
grant select on public.creator_ranks to limelight_backend;
create policy creator_ranks_backend on public.creator_ranks for select to limelight_backend using (true);

-- What every rank should be now: one row for each creator who is to be found.
create view private.ranks
with (security_invoker = true)
as
select
  u.id as user_id,
  case when l.is_live then 1000 else 0 end
    + case when l.is_live or c.is_available_for_calls then 500 else 0 end
    + case when l.last_seen > private.now() - interval '7 days' then 200 else 0 end
    + case when u.created_at > private.now() - interval '14 days' then 150 else 0 end
    + case when p.is_creator_verified then 100 else 0 end
    + least(300, floor(69 * log(p.follower_count + 1)))::integer as score,
  l.category,
  coalesce(l.is_live, false) as is_live,
  coalesce(l.is_live, false) or coalesce(c.is_available_for_calls, false) as is_online,
  u.created_at > private.now() - interval '14 days' as is_new,
  p.username || ' ' || lower(p.display_name) as search
from public.users u
join public.profiles p on p.user_id = u.id
left join public.creator_settings c on c.user_id = u.id
left join lateral (
  select
    s.category,
    s.status = 'live' as is_live,
    coalesce(s.ended_at, private.now()) as last_seen
  from public.streams s
  where s.creator_id = u.id
    and s.started_at is not null
  order by s.started_at desc
  limit 1
) l on true
where u.role = 'creator'
  and u.status = 'active';

create index streams_creator_started on public.streams (creator_id, started_at desc)
  where started_at is not null;

-- One creator's rank, now.
create function private.refresh_rank(creator uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  delete from public.creator_ranks r
  where r.user_id = creator
    and not exists (select from private.ranks n where n.user_id = creator);

  insert into public.creator_ranks
  select *
  from private.ranks n
  where n.user_id = creator
  on conflict (user_id) do update
  set score = excluded.score,
      category = excluded.category,
      is_live = excluded.is_live,
      is_online = excluded.is_online,
      is_new = excluded.is_new,
      search = excluded.search
$$;

-- Every rank that is not what it should be; answers how many were. A row that somebody else is changing
-- is left to them, so that this never waits while it holds others.
create function private.refresh_ranks()
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  removed integer;
  changed integer;
  added integer;
begin
  delete from public.creator_ranks r
  using (
    select o.user_id
    from public.creator_ranks o
    left join public.users u on u.id = o.user_id and u.role = 'creator' and u.status = 'active'
    where u.id is null
    for update of o skip locked
  ) gone
  where r.user_id = gone.user_id;
  get diagnostics removed = row_count;

  update public.creator_ranks r
  set score = stale.score,
      category = stale.category,
      is_live = stale.is_live,
      is_online = stale.is_online,
      is_new = stale.is_new,
      search = stale.search
  from (
    select n.*
    from private.ranks n
    join public.creator_ranks o on o.user_id = n.user_id
    where (o.score, o.category, o.is_live, o.is_online, o.is_new, o.search)
      is distinct from (n.score, n.category, n.is_live, n.is_online, n.is_new, n.search)
    for update of o skip locked
  ) stale
  where r.user_id = stale.user_id;
  get diagnostics changed = row_count;

  insert into public.creator_ranks
  select n.*
  from private.ranks n
  where not exists (select from public.creator_ranks o where o.user_id = n.user_id)
  on conflict do nothing;
  get diagnostics added = row_count;
  return removed + changed + added;
end
$$;

grant execute on function private.refresh_ranks() to limelight_backend;

-- What a viewer would notice at once: going live and ending, becoming a creator, being suspended.
create function private.rank_after_stream()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.refresh_rank(new.creator_id);
  return new;
end
$$;

create function private.rank_after_account()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.refresh_rank(new.id);
  return new;
end
$$;

create trigger streams_rank_new after insert on public.streams
  for each row when (new.status = 'live')
  execute function private.rank_after_stream();
create trigger streams_rank after update of status on public.streams
  for each row when (new.status is distinct from old.status)
  execute function private.rank_after_stream();
create trigger users_rank after update of role, status on public.users
  for each row execute function private.rank_after_account();

select private.refresh_ranks();

-- The account behind a user name, for this viewer: nobody that is suspended or deleted, and nobody
-- that has blocked the viewer.
create function private.profile_of(name text, viewer uuid)
returns uuid
language sql
stable
security definer
set search_path = ''
as $$
  select p.user_id
  from public.profiles p
  join public.users u on u.id = p.user_id
  where lower(p.username) = lower(name)
    and u.status = 'active'
    and not exists (
      select
      from public.blocked_users b
      where b.blocker_id = p.user_id
        and b.blocked_id = viewer
    )
$$;

-- The same, or not found: the one-time key of lists about one user.
create function private.require_profile(name text, viewer uuid)
returns uuid
language plpgsql
stable
set search_path = ''
as $$
declare
  person uuid := private.profile_of(name, viewer);
begin
  if person is null then
    perform private.fail(404, 'not_found');
  end if;
  return person;
end
$$;

grant execute on function
  private.profile_of(text, uuid),
  private.require_profile(text, uuid),
  private.containing(text)
  to limelight_backend;
