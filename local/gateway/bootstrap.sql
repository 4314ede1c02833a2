-- What a Supabase project has before its first migration, for a plain PostgreSQL 15 to 18.
--
-- Run by bootstrap.py, which reads it as a list of steps:
--   -- step: <name>       starts a step
--   -- optional           a step that may be skipped (and is reported) when the user lacks a right
--   -- unless: <boolean>  a step that has nothing to do when the expression is true
--
-- Nothing here replaces what it finds: on a database that has these roles and schemas already,
-- only what is missing is made. Sources: supabase/postgres migrations/db, supabase/auth
-- migrations, supabase/realtime tenant migrations (names, columns, grants).

-- step: roles
do $$
declare
  wanted record;
begin
  for wanted in
    select
      name,
      attributes
    from (
      values
        ('postgres', 'nologin createdb createrole'),
        ('anon', 'nologin noinherit'),
        ('authenticated', 'nologin noinherit'),
        ('service_role', 'nologin noinherit bypassrls'),
        ('authenticator', 'login noinherit'),
        ('supabase_admin', 'nologin'),
        ('supabase_auth_admin', 'nologin noinherit'),
        ('supabase_realtime_admin', 'nologin noinherit'),
        ('dashboard_user', 'nologin')
    ) as role (name, attributes)
    where not exists (select from pg_roles where rolname = role.name)
  loop
    begin
      execute format('create role %I %s', wanted.name, wanted.attributes);
    exception
      -- Roles belong to the whole cluster: another database's bootstrap may have been faster.
      when duplicate_object or unique_violation then null;
    end;
  end loop;
end
$$;

-- step: role memberships
-- optional
-- `authenticator` becomes the request's role; so must whoever the gateway connects as.
do $$
declare
  missing record;
begin
  for missing in
    select
      member.name as member,
      granted.name as granted
    from (values ('authenticator'), ('postgres'), (current_user::text)) as member (name)
    cross join (values ('anon'), ('authenticated'), ('service_role')) as granted (name)
    where not pg_has_role(member.name, granted.name, 'member')
    group by member.name, granted.name
  loop
    execute format('grant %I to %I', missing.granted, missing.member);
  end loop;
end
$$;

-- step: role settings
-- optional
-- unless: exists (select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where r.rolname = 'authenticator')
alter role anon set statement_timeout = '3s';
alter role authenticated set statement_timeout = '8s';
alter role authenticator set statement_timeout = '8s';
alter role authenticator set lock_timeout = '8s';
alter role supabase_auth_admin set search_path = 'auth';
alter role supabase_auth_admin set idle_in_transaction_session_timeout = 60000;

-- step: schemas
create schema if not exists public;
create schema if not exists extensions;
create schema if not exists auth;
create schema if not exists realtime;
create schema if not exists graphql_public;
create schema if not exists local_gateway;

-- step: extensions
-- optional
do $$
declare
  available text;
begin
  for available in
    select name
    from pg_available_extensions
    where name in ('uuid-ossp', 'pgcrypto', 'pg_stat_statements')
      and installed_version is null
  loop
    begin
      execute format('create extension if not exists %I with schema extensions', available);
    exception
      when undefined_file or feature_not_supported then null;
    end;
  end loop;
end
$$;

-- step: schema grants
-- optional
grant usage on schema public to postgres, anon, authenticated, service_role;
grant usage on schema extensions to postgres, anon, authenticated, service_role, supabase_auth_admin;
grant usage on schema auth to postgres, anon, authenticated, service_role;
grant usage on schema realtime to postgres, anon, authenticated, service_role;
grant usage on schema graphql_public to postgres, anon, authenticated, service_role;
grant all on schema auth to supabase_auth_admin;
grant usage on schema local_gateway to supabase_auth_admin;

-- step: postgres may create in public
-- optional
grant all on schema public to postgres;
grant all on schema extensions to postgres;

-- step: privileges on what public holds already
-- optional
-- unless: exists (select from pg_default_acl where defaclnamespace = to_regnamespace('public'))
-- As if it had been created after the first start: service_role may do everything, the others too
-- where nobody has granted or revoked anything yet. Never again after that start.
do $$
declare
  found record;
begin
  for found in
    select
      c.oid::regclass as relation,
      case c.relkind when 'S' then 'sequence' else 'table' end as kind,
      case when c.relacl is null then 'anon, authenticated, ' else '' end as others
    from pg_class c
    where c.relnamespace = 'public'::regnamespace
      and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and pg_has_role(c.relowner, 'usage')
      and not exists (
        select
        from pg_depend d
        where d.classid = 'pg_class'::regclass
          and d.objid = c.oid
          and d.deptype = 'e'
      )
  loop
    execute format('grant all on %s %s to %sservice_role', found.kind, found.relation, found.others);
  end loop;
  for found in
    select p.oid::regprocedure as routine
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace
      and p.proacl is not null
      and pg_has_role(p.proowner, 'usage')
  loop
    execute format('grant execute on routine %s to service_role', found.routine);
  end loop;
end
$$;

-- step: default privileges in public
-- optional
-- As dangerous as on a hosted project: what a migration creates in public is open to the API
-- roles until the migration says otherwise.
alter default privileges in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;

-- step: default privileges in public of postgres and supabase_admin
-- optional
alter default privileges for role postgres, supabase_admin in schema public
  grant all on tables to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on functions to postgres, anon, authenticated, service_role;
alter default privileges for role postgres, supabase_admin in schema public
  grant all on sequences to postgres, anon, authenticated, service_role;

-- step: auth.uid()
-- unless: to_regprocedure('auth.uid()') is not null
create function auth.uid()
returns uuid
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')
  )::uuid
$$;

-- step: auth.role()
-- unless: to_regprocedure('auth.role()') is not null
create function auth.role()
returns text
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role')
  )::text
$$;

-- step: auth.email()
-- unless: to_regprocedure('auth.email()') is not null
create function auth.email()
returns text
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email')
  )::text
$$;

-- step: auth.jwt()
-- unless: to_regprocedure('auth.jwt()') is not null
create function auth.jwt()
returns jsonb
language sql
stable
as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;

-- step: auth.aal_level
-- unless: to_regtype('auth.aal_level') is not null
create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');

-- step: auth.users
-- unless: to_regclass('auth.users') is not null
create table auth.users (
  instance_id uuid,
  id uuid not null primary key,
  aud varchar(255),
  role varchar(255),
  email varchar(255),
  encrypted_password varchar(255),
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmation_token varchar(255),
  confirmation_sent_at timestamptz,
  recovery_token varchar(255),
  recovery_sent_at timestamptz,
  email_change_token_new varchar(255),
  email_change varchar(255),
  email_change_sent_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  created_at timestamptz,
  updated_at timestamptz,
  phone text default null unique,
  phone_confirmed_at timestamptz,
  phone_change text default '',
  phone_change_token varchar(255) default '',
  phone_change_sent_at timestamptz,
  confirmed_at timestamptz generated always as (least(email_confirmed_at, phone_confirmed_at)) stored,
  email_change_token_current varchar(255) default '',
  email_change_confirm_status smallint default 0 check (email_change_confirm_status between 0 and 2),
  banned_until timestamptz,
  reauthentication_token varchar(255) default '',
  reauthentication_sent_at timestamptz,
  is_sso_user boolean not null default false,
  deleted_at timestamptz,
  is_anonymous boolean not null default false
);
create unique index users_email_partial_key on auth.users (email) where is_sso_user = false;
create unique index confirmation_token_idx on auth.users (confirmation_token)
  where confirmation_token !~ '^[0-9 ]*$';
create unique index recovery_token_idx on auth.users (recovery_token)
  where recovery_token !~ '^[0-9 ]*$';
create unique index email_change_token_new_idx on auth.users (email_change_token_new)
  where email_change_token_new !~ '^[0-9 ]*$';
create unique index email_change_token_current_idx on auth.users (email_change_token_current)
  where email_change_token_current !~ '^[0-9 ]*$';
create index users_instance_id_email_idx on auth.users (instance_id, lower(email));
create index users_created_at_idx on auth.users (created_at desc);

-- step: auth.identities
-- unless: to_regclass('auth.identities') is not null
create table auth.identities (
  provider_id text not null,
  user_id uuid not null references auth.users on delete cascade,
  identity_data jsonb not null,
  provider text not null,
  last_sign_in_at timestamptz,
  created_at timestamptz,
  updated_at timestamptz,
  email text generated always as (lower(identity_data ->> 'email')) stored,
  id uuid not null default gen_random_uuid() primary key,
  unique (provider_id, provider)
);
create index identities_user_id_idx on auth.identities (user_id);
create index identities_email_idx on auth.identities (email text_pattern_ops);

-- step: auth.sessions
-- unless: to_regclass('auth.sessions') is not null
create table auth.sessions (
  id uuid not null primary key,
  user_id uuid not null references auth.users on delete cascade,
  created_at timestamptz,
  updated_at timestamptz,
  factor_id uuid,
  aal auth.aal_level,
  not_after timestamptz,
  refreshed_at timestamp,
  user_agent text,
  ip inet,
  tag text
);
create index sessions_user_id_idx on auth.sessions (user_id);
create index user_id_created_at_idx on auth.sessions (user_id, created_at);

-- step: auth.mfa_amr_claims
-- unless: to_regclass('auth.mfa_amr_claims') is not null
create table auth.mfa_amr_claims (
  session_id uuid not null references auth.sessions on delete cascade,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  authentication_method text not null,
  id uuid not null primary key,
  constraint mfa_amr_claims_session_id_authentication_method_pkey
    unique (session_id, authentication_method)
);

-- step: auth.refresh_tokens
-- unless: to_regclass('auth.refresh_tokens') is not null
create table auth.refresh_tokens (
  instance_id uuid,
  id bigserial primary key,
  token varchar(255) unique,
  user_id varchar(255),
  revoked boolean,
  created_at timestamptz,
  updated_at timestamptz,
  parent varchar(255),
  session_id uuid references auth.sessions on delete cascade
);
create index refresh_tokens_parent_idx on auth.refresh_tokens (parent);
create index refresh_tokens_session_id_revoked_idx on auth.refresh_tokens (session_id, revoked);

-- step: auth.flow_state
-- unless: to_regclass('auth.flow_state') is not null
create table auth.flow_state (
  id uuid not null primary key,
  user_id uuid,
  auth_code text,
  code_challenge_method text,
  code_challenge text,
  provider_type text not null,
  provider_access_token text,
  provider_refresh_token text,
  created_at timestamptz,
  updated_at timestamptz,
  authentication_method text not null,
  auth_code_issued_at timestamptz
);
create index idx_auth_code on auth.flow_state (auth_code);
create index idx_user_id_auth_method on auth.flow_state (user_id, authentication_method);

-- step: auth tables belong to supabase_auth_admin
-- optional
-- unless: exists (select from pg_class where oid = to_regclass('auth.users') and relowner = to_regrole('supabase_auth_admin'))
-- So that a trigger on auth.users runs with the rights it has on a hosted project, not more.
alter table auth.users owner to supabase_auth_admin;
alter table auth.identities owner to supabase_auth_admin;
alter table auth.sessions owner to supabase_auth_admin;
alter table auth.mfa_amr_claims owner to supabase_auth_admin;
alter table auth.refresh_tokens owner to supabase_auth_admin;
alter table auth.flow_state owner to supabase_auth_admin;
alter table auth.users enable row level security;
alter table auth.identities enable row level security;
alter table auth.sessions enable row level security;
alter table auth.mfa_amr_claims enable row level security;
alter table auth.refresh_tokens enable row level security;
alter table auth.flow_state enable row level security;
grant all on all tables in schema auth to postgres, dashboard_user;
grant select on all tables in schema auth to postgres with grant option;
grant all on all sequences in schema auth to postgres, dashboard_user;

-- step: realtime.messages
-- unless: to_regclass('realtime.messages') is not null
create table realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  primary key (id, inserted_at)
);
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to postgres, anon, authenticated, service_role;

-- step: realtime.topic()
-- unless: to_regprocedure('realtime.topic()') is not null
create function realtime.topic()
returns text
language sql
stable
as $$
  select nullif(current_setting('realtime.topic', true), '')::text
$$;

-- step: realtime.send()
-- unless: to_regprocedure('realtime.send(jsonb, text, text, boolean)') is not null
create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
returns void
language plpgsql
as $$
begin
  perform set_config('realtime.topic', topic, true);
  insert into realtime.messages (payload, event, topic, private, extension)
  values (payload, event, topic, private, 'broadcast');
exception
  -- A publish that fails warns and never fails the caller's transaction, as on a hosted project.
  when others then
    raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end
$$;

-- step: publication supabase_realtime
-- optional
-- unless: exists (select from pg_publication where pubname = 'supabase_realtime')
create publication supabase_realtime;

-- step: local_gateway
-- unless: to_regclass('local_gateway.broadcasts') is not null
-- What only this gateway has: the mails it did not send and the broadcasts it was asked for.
create table local_gateway.mails (
  id bigint generated always as identity primary key,
  sent_at timestamptz not null default now(),
  kind text not null,
  recipient text not null,
  user_id uuid not null,
  otp text not null,
  token_hash text not null,
  link text not null
);
create index mails_recipient_idx on local_gateway.mails (recipient, id desc);
create table local_gateway.broadcasts (
  id bigint generated always as identity primary key,
  received_at timestamptz not null default now(),
  role text not null,
  topic text not null,
  event text not null,
  payload jsonb not null,
  private boolean not null
);
create index broadcasts_topic_idx on local_gateway.broadcasts (topic, id desc);
grant select, insert, delete on local_gateway.mails to supabase_auth_admin;

-- step: schema cache reload
-- optional
-- unless: exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch')
create or replace function extensions.pgrst_ddl_watch()
returns event_trigger
language plpgsql
as $$
begin
  if exists (
    select
    from pg_event_trigger_ddl_commands() as command
    where coalesce(command.schema_name, '') not in ('pg_temp', 'auth', 'realtime', 'local_gateway')
      and command.command_tag ~ '^(CREATE|ALTER) (SCHEMA|TABLE|TABLE AS|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|FUNCTION|TYPE|DOMAIN|RULE|TRIGGER)$|^(SELECT INTO|COMMENT)$'
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;
create or replace function extensions.pgrst_drop_watch()
returns event_trigger
language plpgsql
as $$
begin
  if exists (
    select
    from pg_event_trigger_dropped_objects() as dropped
    where not dropped.is_temporary
      and coalesce(dropped.schema_name, '') not in ('auth', 'realtime', 'local_gateway')
      and dropped.object_type in (
        'schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'type',
        'rule', 'trigger'
      )
  ) then
    notify pgrst, 'reload schema';
  end if;
end
$$;
create event trigger pgrst_ddl_watch
  on ddl_command_end
  execute function extensions.pgrst_ddl_watch();
create event trigger pgrst_drop_watch
  on sql_drop
  execute function extensions.pgrst_drop_watch();
