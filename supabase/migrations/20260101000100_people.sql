-- Accounts, public profiles, follows, blocks, creator applications and settings, the audit log.

create function private.is_valid_username(username text)
returns boolean
language sql
immutable
parallel safe
set search_path = ''
as $$
  select username ~ '^[a-z][a-z0-9_]{2,19}$'
     and username !~ '__'
     and username !~ '_$'
$$;

create table public.reserved_usernames (
  username text primary key
    check (username = lower(username))
);

-- The private half of an account: only its owner and the platform read it.
create table public.users (
  id uuid primary key
    references auth.users (id) on delete restrict,
  email text not null,
  role text not null default 'fan'
    check (role in ('fan', 'creator', 'admin')),
  status text not null default 'active'
    check (status in ('active', 'suspended', 'deleted')),
  suspended_at timestamptz,
  suspension_reason text
    check (length(suspension_reason) <= 500),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((status = 'suspended') = (suspended_at is not null))
);

-- The public half: what anybody may read.
create table public.profiles (
  user_id uuid primary key
    references public.users (id) on delete restrict,
  username text not null
    check (private.is_valid_username(username)),
  display_name text not null
    check (length(display_name) between 1 and 50),
  bio text
    check (length(bio) <= 500),
  avatar_url text
    check (avatar_url ~ '^https://' and length(avatar_url) <= 2048),
  banner_url text
    check (banner_url ~ '^https://' and length(banner_url) <= 2048),
  location text
    check (length(location) <= 100),
  website text
    check (website ~ '^https://' and length(website) <= 2048),
  twitter_handle text
    check (length(twitter_handle) <= 50),
  instagram_handle text
    check (length(instagram_handle) <= 50),
  is_creator_verified boolean not null default false,
  follower_count integer not null default 0
    check (follower_count >= 0),
  following_count integer not null default 0
    check (following_count >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create unique index profiles_username_key on public.profiles (lower(username));

create table public.follows (
  follower_id uuid not null
    references public.users (id) on delete cascade,
  followee_id uuid not null
    references public.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (follower_id, followee_id),
  check (follower_id <> followee_id)
);

create index follows_followee_time on public.follows (followee_id, created_at desc, follower_id);
create index follows_follower_time on public.follows (follower_id, created_at desc, followee_id);

create table public.blocked_users (
  blocker_id uuid not null
    references public.users (id) on delete cascade,
  blocked_id uuid not null
    references public.users (id) on delete cascade,
  created_at timestamptz not null default now(),
  primary key (blocker_id, blocked_id),
  check (blocker_id <> blocked_id)
);

create index blocked_users_blocked on public.blocked_users (blocked_id);

create table public.creator_settings (
  user_id uuid primary key
    references public.users (id) on delete cascade,
  call_rate_per_minute bigint not null default 25
    check (call_rate_per_minute >= 1),
  minimum_call_duration integer not null default 5
    check (minimum_call_duration >= 1),
  is_available_for_calls boolean not null default false,
  auto_accept_calls boolean not null default false,
  message_rate bigint not null default 0
    check (message_rate >= 0),
  updated_at timestamptz not null default now()
);

create table public.creator_applications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid()
    references public.users (id) on delete cascade,
  display_name text not null
    check (length(display_name) between 1 and 50),
  bio text not null
    check (length(bio) between 1 and 500),
  why_creator text not null
    check (length(why_creator) between 1 and 2000),
  content_type text not null
    check (length(content_type) between 1 and 100),
  instagram_handle text
    check (length(instagram_handle) <= 50),
  twitter_handle text
    check (length(twitter_handle) <= 50),
  website text
    check (website ~ '^https://' and length(website) <= 2048),
  status text not null default 'pending'
    check (status in ('pending', 'approved', 'rejected')),
  reviewed_by uuid
    references public.users (id) on delete set null,
  reviewed_at timestamptz,
  created_at timestamptz not null default now(),
  check ((status = 'pending') = (reviewed_at is null))
);

create unique index creator_applications_one_pending
  on public.creator_applications (user_id)
  where status = 'pending';
create index creator_applications_user on public.creator_applications (user_id, created_at desc, id desc);
create index creator_applications_queue on public.creator_applications (status, created_at desc, id desc);
create index creator_applications_newest on public.creator_applications (created_at desc, id desc);
create index creator_applications_reviewer on public.creator_applications (reviewed_by);

create table public.audit_log (
  id bigint generated always as identity primary key,
  actor_id uuid not null
    references public.users (id) on delete restrict,
  action text not null,
  subject_type text not null,
  subject_id uuid not null,
  before jsonb,
  after jsonb,
  request_id text not null,
  created_at timestamptz not null default now()
);

create index audit_log_actor on public.audit_log (actor_id, id desc);
create index audit_log_subject on public.audit_log (subject_type, subject_id, id desc);

create trigger users_touch before update on public.users
  for each row execute function private.touch_updated_at();
create trigger profiles_touch before update on public.profiles
  for each row execute function private.touch_updated_at();
create trigger creator_settings_touch before update on public.creator_settings
  for each row execute function private.touch_updated_at();

-- Whether the caller of a REST request may act at all: a suspended or deleted account may only read
-- that it is so. Policies wrap it in a sub-select, so that it runs once a statement.
create function private.is_active()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select
    from public.users
    where id = auth.uid()
      and status = 'active'
  )
$$;

create function private.is_fan()
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select
    from public.users
    where id = auth.uid()
      and role = 'fan'
      and status = 'active'
  )
$$;

-- Whether either has blocked the other.
create function private.is_blocked(one uuid, other uuid)
returns boolean
language sql
stable
security definer
set search_path = ''
as $$
  select exists (
    select
    from public.blocked_users
    where (blocker_id = one and blocked_id = other)
       or (blocker_id = other and blocked_id = one)
  )
$$;

-- The account, its profile and its wallet come into being with the auth user, in its transaction:
-- there are no half accounts. A sign-up that bypasses the API without a user name gets a made-up one.
create function private.create_account()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  chosen text := lower(new.raw_user_meta_data ->> 'username');
  shown text := nullif(btrim(new.raw_user_meta_data ->> 'display_name'), '');
begin
  chosen := coalesce(chosen, 'user_' || substr(md5(new.id::text), 1, 12));
  if exists (select from public.reserved_usernames where username = chosen) then
    perform private.fail(422, 'username_reserved');
  end if;

  insert into public.users (id, email)
  values (new.id, coalesce(new.email, ''));

  insert into public.profiles (user_id, username, display_name)
  values (new.id, chosen, coalesce(left(shown, 50), chosen));

  insert into public.wallets (user_id)
  values (new.id);

  return new;
end
$$;

create trigger limelight_create_account after insert on auth.users
  for each row execute function private.create_account();

create function private.follow_auth_email()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update public.users set email = coalesce(new.email, '') where id = new.id;
  return new;
end
$$;

create trigger limelight_follow_auth_email after update of email on auth.users
  for each row when (new.email is distinct from old.email)
  execute function private.follow_auth_email();

-- Tokens and the Auth dashboard show the display name from the auth metadata: keep it in step.
create function private.push_display_name()
returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  update auth.users
  set raw_user_meta_data =
    coalesce(raw_user_meta_data, '{}') || jsonb_build_object('display_name', new.display_name)
  where id = new.user_id;
  return new;
end
$$;

create trigger profiles_push_display_name after update of display_name on public.profiles
  for each row when (new.display_name is distinct from old.display_name)
  execute function private.push_display_name();

-- Whether a user name can be had, why not, and up to three near ones that can.
create function public.check_username(candidate text)
returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  with asked as (
    select lower(btrim(candidate)) as username
  ), verdict as (
    select case
        when not private.is_valid_username(username) then 'invalid'
        when exists (select from public.reserved_usernames r where r.username = a.username) then 'reserved'
        when exists (select from public.profiles p where lower(p.username) = a.username) then 'taken'
      end as reason
    from asked a
  ), stem as (
    select coalesce(
        nullif(
          left(
            btrim(regexp_replace(regexp_replace(username, '[^a-z0-9_]', '', 'g'), '_+', '_', 'g'), '_0123456789'),
            16
          ),
          ''
        ),
        'fan'
      ) as username
    from asked
  ), offered as (
    select username || suffix as username, position
    from stem
    cross join unnest(
      array['_live', '_tv', '1', '2', '7', '_hq', '11', '21', '42', '77', '99', '101', '202', '365', '808']
    ) with ordinality as s (suffix, position)
    union all
    select username || (100 + floor(random() * 9899))::integer::text, 100 + n
    from stem
    cross join generate_series(1, 20) as n
  ), free as (
    select o.username, min(o.position) as position
    from offered o
    where private.is_valid_username(o.username)
      and not exists (select from public.reserved_usernames r where r.username = o.username)
      and not exists (select from public.profiles p where lower(p.username) = o.username)
    group by o.username
    order by position
    limit 3
  )
  select jsonb_build_object(
    'available', v.reason is null,
    'reason', v.reason,
    'suggestions', case
      when v.reason is null then '[]'::jsonb
      else (select coalesce(jsonb_agg(f.username order by f.position), '[]') from free f)
    end
  )
  from verdict v
$$;

-- Approves one pending application: reviewer, role, verification, default settings and the audit row
-- in one transaction.
create function public.approve_creator_application(application_id uuid, reviewer_id uuid, request_id text)
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
  for update;

  if application.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if application.status <> 'pending' then
    perform private.fail(409, 'application_reviewed');
  end if;
  if not exists (select from public.users where id = application.user_id and status = 'active') then
    perform private.fail(409, 'applicant_inactive');
  end if;

  update public.creator_applications a
  set status = 'approved',
      reviewed_by = reviewer_id,
      reviewed_at = now()
  where a.id = application_id
  returning * into application;

  update public.users
  set role = 'creator'
  where id = application.user_id
    and role = 'fan';

  update public.profiles
  set is_creator_verified = true
  where user_id = application.user_id;

  insert into public.creator_settings (user_id)
  values (application.user_id)
  on conflict do nothing;

  insert into public.audit_log (actor_id, action, subject_type, subject_id, before, after, request_id)
  values (
    reviewer_id,
    'application.approve',
    'creator_application',
    application_id,
    jsonb_build_object('status', 'pending'),
    jsonb_build_object('status', 'approved', 'userId', application.user_id),
    request_id
  );

  return to_jsonb(application);
end
$$;

-- Row-level security: default deny, then what each role may do.

alter table public.reserved_usernames enable row level security;
alter table public.users enable row level security;
alter table public.profiles enable row level security;
alter table public.follows enable row level security;
alter table public.blocked_users enable row level security;
alter table public.creator_settings enable row level security;
alter table public.creator_applications enable row level security;
alter table public.audit_log enable row level security;

grant select on public.users to authenticated;
create policy users_read_own on public.users
  for select to authenticated
  using (id = (select auth.uid()));

grant select on public.profiles to anon, authenticated;
grant update (
  display_name, bio, avatar_url, banner_url, location, website, twitter_handle, instagram_handle
) on public.profiles to authenticated;
create policy profiles_read on public.profiles
  for select to anon, authenticated
  using (true);
create policy profiles_update_own on public.profiles
  for update to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()))
  with check (user_id = (select auth.uid()));

grant select on public.creator_settings to authenticated;
create policy creator_settings_read_own on public.creator_settings
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));

grant select on public.creator_applications to authenticated;
grant insert (
  display_name, bio, why_creator, content_type, instagram_handle, twitter_handle, website
) on public.creator_applications to authenticated;
create policy creator_applications_read_own on public.creator_applications
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));
create policy creator_applications_apply on public.creator_applications
  for insert to authenticated
  with check (user_id = (select auth.uid()) and status = 'pending' and (select private.is_fan()));

-- The admin desk reads with the secret key; it changes things through functions that also write the
-- audit log.
grant select on
  public.users, public.profiles, public.creator_applications, public.creator_settings, public.audit_log
  to service_role;

-- The backend reads; what it may write is said where it writes it.
grant select on
  public.users, public.profiles, public.follows, public.blocked_users, public.creator_settings
  to limelight_backend;
create policy users_backend on public.users for select to limelight_backend using (true);
create policy profiles_backend on public.profiles for select to limelight_backend using (true);
create policy follows_backend on public.follows for select to limelight_backend using (true);
create policy blocked_users_backend on public.blocked_users for select to limelight_backend using (true);
create policy creator_settings_backend on public.creator_settings for select to limelight_backend using (true);

-- The check constraint of profiles runs as whoever updates a profile.
grant execute on function private.is_valid_username(text) to authenticated;
grant execute on function private.is_active(), private.is_fan() to authenticated;
grant execute on function public.check_username(text) to anon, authenticated;
grant execute on function public.approve_creator_application(uuid, uuid, text) to service_role;

insert into public.reserved_usernames (username)
values
  ('admin'), ('administrator'), ('api'), ('support'), ('help'), ('about'), ('terms'), ('privacy'),
  ('settings'), ('explore'), ('discover'), ('trending'), ('auth'), ('user'), ('users'), ('follow'),
  ('creator'), ('creators'), ('stream'), ('streams'), ('gift'), ('gifts'), ('wallet'), ('stripe'),
  ('call'), ('calls'), ('show'), ('shows'), ('profile'), ('profiles'), ('message'), ('messages'),
  ('live'), ('login'), ('logout'), ('signup'), ('signin'), ('register'), ('account'), ('security'),
  ('billing'), ('payment'), ('payments'), ('payout'), ('payouts'), ('checkout'), ('official'),
  ('staff'), ('team'), ('moderator'), ('mod'), ('root'), ('system'), ('null'), ('undefined'), ('me'),
  ('home'), ('search'), ('status'), ('docs'), ('blog'), ('press'), ('jobs'), ('legal'), ('contact'),
  ('www'), ('mail'), ('email'), ('webmaster'), ('postmaster'), ('abuse'), ('noreply'), ('limelight'),
  ('google'), ('apple'), ('facebook'), ('instagram'), ('youtube'), ('twitch'), ('tiktok'),
  ('twitter'), ('amazon'), ('microsoft'), ('netflix'), ('spotify'), ('paypal'), ('visa'),
  ('mastercard');
