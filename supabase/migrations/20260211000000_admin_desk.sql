-- The admin desk: every change is one function that also writes the audit log, executed with the
-- secret key alone. The functions below take the admin and the request id, which the backend has from
-- the verified token and the gateway.

create schema if not exists extensions;
create extension if not exists pg_trgm with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;

create index users_newest on public.users (created_at desc, id desc);
create index users_role_newest on public.users (role, created_at desc, id desc);
create index users_status_newest on public.users (status, created_at desc, id desc) where status <> 'active';
create index users_email_search on public.users using gin (email extensions.gin_trgm_ops);
create index profiles_username_search on public.profiles using gin (username extensions.gin_trgm_ops);
create index profiles_display_name_search on public.profiles
  using gin (lower(display_name) extensions.gin_trgm_ops);

create function private.audit(
  admin uuid,
  action text,
  subject_type text,
  subject_id uuid,
  before jsonb,
  after jsonb,
  request_id text
)
returns void
language sql
set search_path = ''
as $$
  insert into public.audit_log (actor_id, action, subject_type, subject_id, before, after, request_id)
  values (admin, audit.action, audit.subject_type, audit.subject_id, audit.before, audit.after, audit.request_id)
$$;

-- The text as a pattern that finds it anywhere: what LIKE would take for a sign is taken for itself.
create function private.containing(search text)
returns text
language sql
immutable
set search_path = ''
as $$
  select '%' || replace(replace(replace(lower(search), '\', '\\'), '%', '\%'), '_', '\_') || '%'
$$;

-- A user as the admin desk shows them.
create function private.desk_user(person uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', u.id,
    'email', u.email,
    'username', p.username,
    'display_name', p.display_name,
    'avatar_url', p.avatar_url,
    'role', u.role,
    'status', u.status,
    'suspended_at', u.suspended_at,
    'suspension_reason', u.suspension_reason,
    'is_creator_verified', p.is_creator_verified,
    'follower_count', p.follower_count,
    'created_at', u.created_at
  )
  from public.users u
  join public.profiles p on p.user_id = u.id
  where u.id = person
$$;

-- Users, newest first, by any of role, status and a search in user name, display name and e-mail.
create function public.desk_users(
  role text,
  status text,
  search text,
  before_created_at timestamptz,
  before_id uuid,
  page integer
)
returns setof jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.desk_user(u.id)
  from public.users u
  where (desk_users.role is null or u.role = desk_users.role)
    and (desk_users.status is null or u.status = desk_users.status)
    and (
      desk_users.search is null
      or u.id in (
        select p.user_id
        from public.profiles p
        where p.username like private.containing(desk_users.search)
           or lower(p.display_name) like private.containing(desk_users.search)
        union all
        select f.id
        from public.users f
        where f.email like private.containing(desk_users.search)
      )
    )
    and (
      before_created_at is null
      or (u.created_at, u.id) < (before_created_at, before_id)
    )
  order by u.created_at desc, u.id desc
  limit page
$$;

-- The account of somebody who is not deleted, locked against other changes; not found otherwise.
create function private.lock_user(person uuid)
returns public.users
language plpgsql
set search_path = ''
as $$
declare
  found_user public.users;
begin
  select * into found_user from public.users u where u.id = person for no key update;
  if found_user.id is null or found_user.status = 'deleted' then
    perform private.fail(404, 'not_found');
  end if;
  return found_user;
end
$$;

-- Fails when the account is the only active admin. All active admins are locked in one order first, so
-- that two who remove each other take turns and the second is refused.
create function private.require_another_admin(person uuid)
returns void
language plpgsql
set search_path = ''
as $$
begin
  perform
  from public.users u
  where u.role = 'admin'
    and u.status = 'active'
  order by u.id
  for no key update;

  if not exists (
    select
    from public.users u
    where u.role = 'admin'
      and u.status = 'active'
      and u.id <> person
  ) then
    perform private.fail(409, 'last_admin');
  end if;
end
$$;

-- Gives an account a role. The last active admin stays one.
create function public.desk_set_role(user_id uuid, role text, admin_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.users;
begin
  if role <> 'admin' then
    perform private.require_another_admin(user_id);
  end if;
  changed := private.lock_user(user_id);
  if changed.role <> desk_set_role.role then
    update public.users u set role = desk_set_role.role where u.id = user_id;
    perform private.audit(
      admin_id, 'user.role', 'user', user_id,
      jsonb_build_object('role', changed.role), jsonb_build_object('role', desk_set_role.role),
      request_id
    );
  end if;
  if role = 'fan' then
    perform private.end_live_streams_of(user_id);
  end if;
  return private.desk_user(user_id);
end
$$;

-- Says whether a creator is who they claim to be.
create function public.desk_verify(user_id uuid, is_verified boolean, admin_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.users := private.lock_user(user_id);
begin
  update public.profiles p
  set is_creator_verified = is_verified
  where p.user_id = changed.id
    and p.is_creator_verified <> is_verified;
  if found then
    perform private.audit(
      admin_id, 'user.verify', 'user', changed.id,
      jsonb_build_object('isCreatorVerified', not is_verified),
      jsonb_build_object('isCreatorVerified', is_verified),
      request_id
    );
  end if;
  return private.desk_user(changed.id);
end
$$;

create function private.end_live_streams_of(creator uuid)
returns void
language sql
set search_path = ''
as $$
  select private.end_streams(
    array(select s.id from public.streams s where s.creator_id = creator and s.status = 'live')
  )
$$;

-- Suspends an account: its live stream ends now; what it has open that costs coins is ended by the
-- next run of the job `enforce_suspensions`, because money does not move over REST.
create function public.desk_suspend(user_id uuid, reason text, admin_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.users;
begin
  if user_id = admin_id then
    perform private.fail(403, 'own_account');
  end if;
  perform private.require_another_admin(user_id);
  changed := private.lock_user(user_id);
  if changed.status = 'suspended' then
    perform private.fail(409, 'already_suspended');
  end if;

  update public.users u
  set status = 'suspended',
      suspended_at = private.now(),
      suspension_reason = reason
  where u.id = user_id;
  perform private.end_live_streams_of(user_id);
  perform private.audit(
    admin_id, 'user.suspend', 'user', user_id,
    jsonb_build_object('status', changed.status),
    jsonb_build_object('status', 'suspended', 'reason', reason),
    request_id
  );
  return private.desk_user(user_id);
end
$$;

create function public.desk_unsuspend(user_id uuid, reason text, admin_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.users := private.lock_user(user_id);
begin
  if user_id = admin_id then
    perform private.fail(403, 'own_account');
  end if;
  if changed.status <> 'suspended' then
    perform private.fail(409, 'not_suspended');
  end if;

  update public.users u
  set status = 'active',
      suspended_at = null,
      suspension_reason = null
  where u.id = user_id;
  perform private.audit(
    admin_id, 'user.unsuspend', 'user', user_id,
    jsonb_build_object('status', 'suspended', 'reason', changed.suspension_reason),
    jsonb_build_object('status', 'active', 'reason', reason),
    request_id
  );
  return private.desk_user(user_id);
end
$$;

-- Deletes an account softly: nobody can sign in to it, nothing in it tells who it was, and what it paid
-- and earned stays in the ledger. The audit row keeps no personal data either.
create function public.desk_delete_user(user_id uuid, admin_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.users := private.lock_user(user_id);
  nobody text := 'deleted_' || substr(md5(user_id::text), 1, 12);
begin
  if user_id = admin_id then
    perform private.fail(403, 'own_account');
  end if;
  if changed.role = 'admin' then
    perform private.fail(409, 'is_admin');
  end if;

  perform private.end_live_streams_of(user_id);
  delete from public.follows f where user_id in (f.follower_id, f.followee_id);
  delete from public.blocked_users b where user_id in (b.blocker_id, b.blocked_id);
  delete from public.username_changes c where c.user_id = desk_delete_user.user_id;
  delete from public.creator_applications a where a.user_id = desk_delete_user.user_id;
  update public.profiles p
  set username = nobody,
      display_name = 'Deleted user',
      bio = null,
      avatar_url = null,
      banner_url = null,
      location = null,
      website = null,
      twitter_handle = null,
      instagram_handle = null,
      is_creator_verified = false
  where p.user_id = desk_delete_user.user_id;

  delete from auth.sessions s where s.user_id = desk_delete_user.user_id;
  delete from auth.identities i where i.user_id = desk_delete_user.user_id;
  update auth.users u
  set email = nobody || '@deleted.invalid',
      encrypted_password = null,
      raw_user_meta_data = '{}',
      phone = null,
      banned_until = 'infinity'
  where u.id = user_id;
  update public.users u
  set status = 'deleted',
      role = 'fan',
      suspended_at = null,
      suspension_reason = null
  where u.id = user_id;

  perform private.audit(
    admin_id, 'user.delete', 'user', user_id,
    jsonb_build_object('status', changed.status), jsonb_build_object('status', 'deleted'),
    request_id
  );
  return private.desk_user(user_id);
end
$$;

-- Turns down one pending application.
create function public.reject_creator_application(application_id uuid, reviewer_id uuid, request_id text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  application public.creator_applications;
begin
  select * into application
  from public.creator_applications a
  where a.id = application_id
  for no key update;
  if application.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if application.status <> 'pending' then
    perform private.fail(409, 'application_reviewed');
  end if;

  update public.creator_applications a
  set status = 'rejected',
      reviewed_by = reviewer_id,
      reviewed_at = now()
  where a.id = application_id
  returning * into application;
  perform private.audit(
    reviewer_id, 'application.reject', 'creator_application', application_id,
    jsonb_build_object('status', 'pending'),
    jsonb_build_object('status', 'rejected', 'userId', application.user_id),
    request_id
  );
  return to_jsonb(application);
end
$$;

-- How many there are of what the desk looks after.
create function public.desk_stats()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'users', u.total,
    'active_users', u.active,
    'suspended_users', u.suspended,
    'deleted_users', u.deleted,
    'creators', u.creators,
    'admins', u.admins,
    'sign_ups_today', u.today,
    'pending_applications', (
      select count(*) from public.creator_applications a where a.status = 'pending'
    ),
    'live_streams', (select count(*) from public.streams s where s.status = 'live'),
    'current_viewers', (
      select coalesce(sum(f.current_viewers), 0) from public.stream_stats f where f.is_live
    ),
    'open_payouts', (select count(*) from public.payouts p where p.status = 'requested')
  )
  from (
    select
      count(*) as total,
      count(*) filter (where status = 'active') as active,
      count(*) filter (where status = 'suspended') as suspended,
      count(*) filter (where status = 'deleted') as deleted,
      count(*) filter (where role = 'creator' and status = 'active') as creators,
      count(*) filter (where role = 'admin' and status = 'active') as admins,
      count(*) filter (where created_at >= date_trunc('day', private.now(), 'UTC')) as today
    from public.users
  ) u
$$;

-- Sign-ups of the last 30 UTC days, today last and days without any at zero; roles over all accounts
-- that are not deleted; applications; and growth: the sign-ups of these 30 days against the 30 before,
-- in per cent with one decimal, null where there is nothing to compare with.
create function public.desk_analytics()
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  with today as (
    select (private.now() at time zone 'UTC')::date as day
  ), days as (
    select d::date as day
    from today t
    cross join generate_series(t.day - 29, t.day, interval '1 day') d
  ), counted as (
    select (u.created_at at time zone 'UTC')::date as day, count(*) as sign_ups
    from public.users u
    cross join today t
    where u.created_at >= (t.day - 59)::timestamp at time zone 'UTC'
    group by 1
  ), periods as (
    select
      coalesce(sum(c.sign_ups) filter (where c.day > t.day - 30), 0) as present,
      coalesce(sum(c.sign_ups) filter (where c.day <= t.day - 30), 0) as previous
    from today t
    left join counted c on true
  )
  select jsonb_build_object(
    'sign_ups', (
      select jsonb_agg(
        jsonb_build_object('day', d.day, 'count', coalesce(c.sign_ups, 0)) order by d.day
      )
      from days d
      left join counted c on c.day = d.day
    ),
    'roles', (
      select jsonb_build_object(
        'fan', count(*) filter (where u.role = 'fan'),
        'creator', count(*) filter (where u.role = 'creator'),
        'admin', count(*) filter (where u.role = 'admin')
      )
      from public.users u
      where u.status <> 'deleted'
    ),
    'applications', (
      select jsonb_build_object(
        'pending', count(*) filter (where a.status = 'pending'),
        'approved', count(*) filter (where a.status = 'approved'),
        'rejected', count(*) filter (where a.status = 'rejected')
      )
      from public.creator_applications a
    ),
    'sign_ups_in_period', p.present,
    'sign_ups_before', p.previous,
    'growth_percent', case
      when p.previous > 0 then round(100.0 * (p.present - p.previous) / p.previous, 1)
    end
  )
  from periods p
$$;

grant execute on function
  public.desk_users(text, text, text, timestamptz, uuid, integer),
  public.desk_set_role(uuid, text, uuid, text),
  public.desk_verify(uuid, boolean, uuid, text),
  public.desk_suspend(uuid, text, uuid, text),
  public.desk_unsuspend(uuid, text, uuid, text),
  public.desk_delete_user(uuid, uuid, text),
  public.reject_creator_application(uuid, uuid, text),
  public.desk_stats(),
  public.desk_analytics()
  to service_role;

-- The statements that cost this database most, as pg_stat_statements has counted them. Texts come with
-- placeholders for values. `p99_ms` is an estimate, for times that are spread normally: mean and 2.33
-- deviations, and never more than the slowest.
create function private.slow_queries(ranking text, page integer)
returns table (
  query text,
  calls bigint,
  total_ms double precision,
  mean_ms double precision,
  p99_ms double precision,
  max_ms double precision,
  rows_per_call double precision
)
language sql
stable
security definer
set search_path = ''
as $$
  select
    left(regexp_replace(s.query, '\s+', ' ', 'g'), 1000),
    s.calls,
    s.total_exec_time,
    s.mean_exec_time,
    least(s.max_exec_time, s.mean_exec_time + 2.33 * s.stddev_exec_time),
    s.max_exec_time,
    s.rows::double precision / s.calls
  from extensions.pg_stat_statements s
  join pg_catalog.pg_database d on d.oid = s.dbid
  where d.datname = current_database()
    and s.calls > 0
  order by
    case ranking
      when 'frequent' then s.calls::double precision
      when 'total' then s.total_exec_time
      else s.mean_exec_time
    end desc,
    s.queryid
  limit page
$$;

grant execute on function private.slow_queries(text, integer) to limelight_backend;
