-- One clock and one voice for every rule that follows.
--
-- private.now() is the server's time. Whoever wants to try what happens in five minutes puts another
-- definition in its place (the tests do); nothing else in the product reads or sets a time of its own.

create function private.now()
returns timestamptz
language sql
stable
set search_path = ''
as $$
  select now()
$$;

grant execute on function private.now() to limelight_backend;

-- What listeners of a topic must hear once this transaction has committed.
create function private.tell(topic text, event text, payload jsonb)
returns void
language sql
set search_path = ''
as $$
  insert into public.outbox (topic, event, payload)
  values (tell.topic, tell.event, tell.payload)
$$;

-- A user as events show them: the MiniUser of the API.
create function private.mini_user(person uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', p.user_id,
    'username', p.username,
    'displayName', p.display_name,
    'avatarUrl', p.avatar_url
  )
  from public.profiles p
  where p.user_id = person
$$;

-- Holds live and end by the same clock.
create or replace function ledger.authorise(
  owner uuid,
  amount bigint,
  purpose text,
  subject_type text,
  subject_id uuid,
  lifetime interval
)
returns uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  wallet bigint := ledger.wallet_of(owner);
  hold uuid;
begin
  -- The hold before the wallet: the insert waits for whoever is closing the subject's last hold, and
  -- they need the wallet.
  insert into public.holds (wallet_id, purpose, subject_type, subject_id, amount, created_at, expires_at)
  values (
    wallet, authorise.purpose, authorise.subject_type, authorise.subject_id, authorise.amount,
    private.now(), private.now() + lifetime
  )
  on conflict do nothing
  returning id into hold;
  if hold is null then
    perform private.fail(409, 'hold_exists');
  end if;
  perform ledger.set_aside(wallet, amount);
  return hold;
end
$$;

create or replace function ledger.extend_hold(hold uuid, amount bigint, lifetime interval)
returns void
language plpgsql
security definer
set search_path = ''
as $$
declare
  held public.holds;
begin
  select * into held from public.holds h where h.id = hold and h.status = 'active' for no key update;
  if held.id is null then
    perform private.fail(409, 'hold_closed');
  end if;
  perform ledger.set_aside(held.wallet_id, extend_hold.amount);
  update public.holds h
  set amount = h.amount + extend_hold.amount,
      expires_at = greatest(h.expires_at, private.now() + lifetime)
  where h.id = hold;
end
$$;

create or replace function ledger.release_due_holds(batch integer)
returns table (released uuid)
language plpgsql
security definer
set search_path = ''
as $$
declare
  due uuid[];
begin
  due := array(
    select h.id
    from public.holds h
    where h.status = 'active'
      and h.expires_at <= private.now()
    order by h.expires_at
    limit batch
    for no key update skip locked
  );
  for released in
    select h.id
    from public.holds h
    where h.id = any (due)
    order by h.wallet_id
  loop
    if ledger.void_hold(released) then
      return next;
    end if;
  end loop;
end
$$;

-- True for the owner of a stream, else it fails: the one-time filter of whatever only a host may read.
create function private.require_stream_ownership(stream uuid, caller uuid)
returns boolean
language plpgsql
stable
set search_path = ''
as $$
begin
  perform private.require_stream_owner(stream, caller);
  return true;
end
$$;

grant execute on function private.require_stream_ownership(uuid, uuid), private.require_stream_owner(uuid, uuid)
  to limelight_backend;
