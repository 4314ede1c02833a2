-- Schemas, the backend's role, and default deny.
--
-- public    what PostgREST exposes; every table here has row-level security
-- private   rules that policies and functions share; not exposed
-- ledger    the functions that move coins; not exposed, executed by the backend role alone

create schema if not exists private;
create schema if not exists ledger;

-- A hosted project grants everything in public to the API roles as it is created. Here a grant is
-- always written down: nothing is reachable until a migration says so.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

-- The role of the sql and money functions. Its password is set outside the migrations
-- (docs/operations.md); until then nobody can log in as it.
do $$
begin
  if not exists (select from pg_roles where rolname = 'limelight_backend') then
    create role limelight_backend nologin noinherit;
  end if;
end
$$;

-- The floor under every statement of the backend. A transaction may tighten it with set local.
alter role limelight_backend set statement_timeout = '15s';
alter role limelight_backend set lock_timeout = '2s';
alter role limelight_backend set idle_in_transaction_session_timeout = '10s';
alter role limelight_backend set timezone = 'UTC';
alter role limelight_backend set search_path = '';

grant usage on schema public, private, ledger to limelight_backend;
grant usage on schema private to anon, authenticated, service_role;

-- Business errors: SQLSTATE LLnnn carries the HTTP status, the message the stable code, the detail
-- an optional JSON object that the problem's body takes over. limelight.errors lists the codes.
create function private.fail(status integer, code text, extra jsonb default null)
returns void
language plpgsql
set search_path = ''
as $$
begin
  raise exception using
    errcode = 'LL' || status::text,
    message = code,
    detail = coalesce(extra::text, '');
end
$$;

create function private.touch_updated_at()
returns trigger
language plpgsql
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;
