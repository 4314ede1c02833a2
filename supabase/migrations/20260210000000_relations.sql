-- Following and blocking, user names that change, and creators' settings: what a user changes over
-- REST in their own name. A rule that a policy cannot explain is a trigger, so that the caller is told
-- why; it runs after the policies, which see the row first.

-- Two users' rows are changed by one transaction at a time: a follow never slips past a block.
create function private.lock_pair(one uuid, other uuid)
returns void
language sql
set search_path = ''
as $$
  select pg_advisory_xact_lock(
    hashtextextended(least(one, other)::text || greatest(one, other)::text, 0)
  )
$$;

create function private.require_active_user(person uuid)
returns void
language plpgsql
stable
set search_path = ''
as $$
begin
  if not exists (select from public.users u where u.id = person and u.status = 'active') then
    perform private.fail(404, 'not_found');
  end if;
end
$$;

-- Follows

create function private.guard_follow()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.lock_pair(new.follower_id, new.followee_id);
  perform private.require_active_user(new.followee_id);
  if private.is_blocked(new.follower_id, new.followee_id) then
    perform private.fail(403, 'blocked');
  end if;
  return new;
end
$$;

create trigger follows_guard after insert on public.follows
  for each row execute function private.guard_follow();

-- Both profiles are locked in the order of their ids, so that two who follow each other at once do
-- not deadlock.
create function private.count_follow(follower uuid, followee uuid, step integer)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.profiles p
  where p.user_id in (follower, followee)
  order by p.user_id
  for no key update;

  update public.profiles p
  set follower_count = p.follower_count + case when p.user_id = followee then step else 0 end,
      following_count = p.following_count + case when p.user_id = follower then step else 0 end
  where p.user_id in (follower, followee);
end
$$;

create function private.follow_added()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.count_follow(new.follower_id, new.followee_id, 1);
  return new;
end
$$;

create function private.follow_removed()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.count_follow(old.follower_id, old.followee_id, -1);
  return old;
end
$$;

create trigger follows_added after insert on public.follows
  for each row execute function private.follow_added();
create trigger follows_removed after delete on public.follows
  for each row execute function private.follow_removed();

-- The counters start from what there is, and are no change of the profile by its owner.
drop trigger profiles_touch on public.profiles;
create trigger profiles_touch before update of
  username, display_name, bio, avatar_url, banner_url, location, website, twitter_handle,
  instagram_handle, is_creator_verified
  on public.profiles
  for each row execute function private.touch_updated_at();
update public.profiles p
set follower_count = (select count(*) from public.follows f where f.followee_id = p.user_id),
    following_count = (select count(*) from public.follows f where f.follower_id = p.user_id)
where exists (
  select from public.follows f where p.user_id in (f.follower_id, f.followee_id)
);

alter table public.follows alter column follower_id set default auth.uid();
grant select, delete on public.follows to authenticated;
grant insert (followee_id) on public.follows to authenticated;
create policy follows_read_own on public.follows
  for select to authenticated
  using (follower_id = (select auth.uid()) and (select private.is_active()));
create policy follows_add_own on public.follows
  for insert to authenticated
  with check (follower_id = (select auth.uid()) and (select private.is_active()));
create policy follows_remove_own on public.follows
  for delete to authenticated
  using (follower_id = (select auth.uid()) and (select private.is_active()));

-- Blocks

-- Nobody follows across a block.
create function private.block_added()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  perform private.lock_pair(new.blocker_id, new.blocked_id);
  if not exists (select from public.users u where u.id = new.blocked_id and u.status <> 'deleted') then
    perform private.fail(404, 'not_found');
  end if;
  delete from public.follows f
  where (f.follower_id = new.blocker_id and f.followee_id = new.blocked_id)
     or (f.follower_id = new.blocked_id and f.followee_id = new.blocker_id);
  return new;
end
$$;

create trigger blocked_users_added after insert on public.blocked_users
  for each row execute function private.block_added();

create index blocked_users_newest on public.blocked_users (blocker_id, created_at desc, blocked_id);

alter table public.blocked_users alter column blocker_id set default auth.uid();
grant select, delete on public.blocked_users to authenticated;
grant insert (blocked_id) on public.blocked_users to authenticated;
create policy blocked_users_read_own on public.blocked_users
  for select to authenticated
  using (blocker_id = (select auth.uid()) and (select private.is_active()));
create policy blocked_users_add_own on public.blocked_users
  for insert to authenticated
  with check (blocker_id = (select auth.uid()) and (select private.is_active()));
create policy blocked_users_remove_own on public.blocked_users
  for delete to authenticated
  using (blocker_id = (select auth.uid()) and (select private.is_active()));

-- Whom the caller has blocked, as a list shows them.
create view public.blocked_profiles
with (security_invoker = true)
as
select b.blocker_id, b.blocked_id, b.created_at, p.username, p.display_name, p.avatar_url
from public.blocked_users b
join public.profiles p on p.user_id = b.blocked_id;

grant select on public.blocked_profiles to authenticated;

-- User names that change: twice in any 30 days.

create table public.username_changes (
  id bigint generated always as identity primary key,
  user_id uuid not null
    references public.users (id) on delete cascade,
  old_username text not null,
  new_username text not null,
  changed_at timestamptz not null default private.now(),
  check (old_username <> new_username)
);

create index username_changes_user on public.username_changes (user_id, changed_at desc);

alter table public.username_changes enable row level security;

create function private.username_status(person uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'can_change', c.recent < 2,
    'changes_remaining', greatest(0, 2 - c.recent),
    'days_remaining', case
      when c.recent < 2 then 0
      else ceil(extract(epoch from c.second_last + interval '30 days' - private.now()) / 86400)::integer
    end,
    'current_username', p.username,
    'last_changed_at', c.last
  )
  from public.profiles p
  cross join lateral (
    select
      count(*) filter (where r.changed_at > private.now() - interval '30 days') as recent,
      max(r.changed_at) as last,
      min(r.changed_at) as second_last
    from (
      select u.changed_at
      from public.username_changes u
      where u.user_id = person
      order by u.changed_at desc
      limit 2
    ) r
  ) c
  where p.user_id = person
$$;

-- What the caller may still do about their user name.
create function public.username_status()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.username_status(auth.uid())
  where private.is_active()
$$;

-- Gives the caller another user name: well-formed, free, not reserved, and not too soon.
create function public.change_username(candidate text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  chosen text := lower(btrim(candidate));
  status jsonb;
begin
  if not private.is_active() then
    perform private.fail(403, 'forbidden');
  end if;
  perform from public.profiles p where p.user_id = auth.uid() for no key update;
  status := private.username_status(auth.uid());

  if chosen = status ->> 'current_username' then
    perform private.fail(409, 'username_unchanged');
  end if;
  if not private.is_valid_username(chosen) then
    perform private.fail(422, 'username_invalid');
  end if;
  if exists (select from public.reserved_usernames r where r.username = chosen) then
    perform private.fail(422, 'username_reserved');
  end if;
  if not (status -> 'can_change')::boolean then
    perform private.fail(
      409, 'username_cooldown', jsonb_build_object('daysRemaining', status -> 'days_remaining')
    );
  end if;

  begin
    update public.profiles p set username = chosen where p.user_id = auth.uid();
  exception when unique_violation then
    perform private.fail(409, 'username_taken');
  end;
  insert into public.username_changes (user_id, old_username, new_username)
  values (auth.uid(), status ->> 'current_username', chosen);
  return private.username_status(auth.uid());
end
$$;

grant execute on function public.username_status(), public.change_username(text) to authenticated;

-- Settings: whoever may create has a row, and changes it.

create function private.settle_creator()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  insert into public.creator_settings (user_id)
  values (new.id)
  on conflict do nothing;
  return new;
end
$$;

create trigger users_settle_creator after update of role on public.users
  for each row when (new.role in ('creator', 'admin'))
  execute function private.settle_creator();
insert into public.creator_settings (user_id)
select u.id
from public.users u
where u.role in ('creator', 'admin')
on conflict do nothing;

create function private.is_creator()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select
    from public.users u
    where u.id = auth.uid()
      and u.role in ('creator', 'admin')
      and u.status = 'active'
  )
$$;
grant execute on function private.is_creator() to authenticated;

-- A call costs what the creator asks, and no more than a wallet can ever hold.
alter table public.creator_settings
  add check (call_rate_per_minute <= 100000),
  add check (minimum_call_duration <= 240),
  add check (message_rate <= 100000);

grant update (
  call_rate_per_minute, minimum_call_duration, is_available_for_calls, auto_accept_calls, message_rate
) on public.creator_settings to authenticated;
create policy creator_settings_update_own on public.creator_settings
  for update to authenticated
  using (user_id = (select auth.uid()) and (select private.is_creator()))
  with check (user_id = (select auth.uid()));
