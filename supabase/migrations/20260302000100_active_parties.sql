-- Coins and messages move between active accounts alone. The kernel trusts an account for half a minute; what
-- costs or earns coins asks again, where it is cheapest: at its key, which every such request takes first.

create or replace function ledger.claim(actor uuid, operation text, key text, request_hash text)
returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  stored ledger.idempotency_keys;
begin
  if exists (select from public.users u where u.id = actor and u.status <> 'active') then
    perform private.fail(403, 'account_suspended');
  end if;

  insert into ledger.idempotency_keys (user_id, operation, key, request_hash)
  values (actor, claim.operation, claim.key, claim.request_hash)
  on conflict do nothing;
  if found then
    return null;
  end if;

  select * into strict stored
  from ledger.idempotency_keys k
  where k.user_id = actor
    and k.operation = claim.operation
    and k.key = claim.key;
  if stored.request_hash <> claim.request_hash then
    perform private.fail(422, 'idempotency_key_reused');
  end if;
  return stored.response;
end
$$;

-- Its key is the purchase's own.
create or replace function ledger.open_purchase(buyer uuid, package uuid, key text, request_hash text)
returns public.purchases
language plpgsql
security definer
set search_path = ''
as $$
declare
  chosen public.coin_packages;
  purchase public.purchases;
begin
  if exists (select from public.users u where u.id = buyer and u.status <> 'active') then
    perform private.fail(403, 'account_suspended');
  end if;

  select * into purchase
  from public.purchases p
  where p.user_id = buyer
    and p.idempotency_key = key;
  if purchase.id is null then
    select * into chosen
    from public.coin_packages c
    where c.id = package
      and c.valid_from <= now()
      and (c.valid_until is null or c.valid_until > now());
    if chosen.id is null then
      perform private.fail(404, 'package_not_found');
    end if;
    insert into public.purchases as p
      (user_id, package_id, coins, price_cents, currency, idempotency_key, request_hash)
    values
      (buyer, package, chosen.coins, chosen.price_cents, chosen.currency, key, open_purchase.request_hash)
    on conflict (user_id, idempotency_key) do update
    set request_hash = p.request_hash
    returning * into purchase;
  end if;
  if purchase.request_hash <> open_purchase.request_hash then
    perform private.fail(422, 'idempotency_key_reused');
  end if;
  return purchase;
end
$$;

-- The buyer pays to read a locked message, once. Nothing is bought from somebody who was shut out; what was
-- paid for before stays readable.
create or replace function ledger.unlock_message(
  buyer uuid,
  message uuid,
  key text,
  request_hash text,
  request_id text,
  out replayed boolean,
  out response jsonb
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  locked public.messages;
begin
  response := ledger.claim(buyer, 'message_unlock', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  select m.* into locked
  from public.messages m
  join public.conversations c on c.id = m.conversation_id
  where m.id = message
    and buyer in (c.first_id, c.second_id);
  if locked.id is null then
    perform private.fail(404, 'not_found');
  end if;
  if locked.sender_id = buyer then
    perform private.fail(403, 'own_message');
  end if;
  if locked.kind <> 'locked' then
    perform private.fail(409, 'not_locked');
  end if;
  perform private.lock_pair(buyer, locked.sender_id);
  perform private.require_active_user(locked.sender_id);
  if private.is_blocked(buyer, locked.sender_id) then
    perform private.fail(403, 'blocked');
  end if;
  if exists (
    select from public.message_unlocks k where k.message_id = message and k.user_id = buyer
  ) then
    perform private.fail(409, 'already_unlocked');
  end if;

  insert into public.message_unlocks (message_id, user_id, transfer_id, price)
  values (
    message, buyer,
    ledger.pay_party(
      'message_unlock', 'message_unlock', buyer, locked.sender_id, locked.unlock_price,
      'message', message, key, request_id
    ),
    locked.unlock_price
  );
  response := jsonb_build_object(
    'message', private.shown_message(locked, buyer),
    'balance', ledger.balance_of(buyer)
  );
  perform ledger.remember(buyer, 'message_unlock', key, response);
end
$$;

-- The recipient accepts a request, which becomes the first message, or declines it. What a sender wrote who
-- was shut out since is in no list any more, and is not accepted either.
create or replace function public.answer_message_request(request_id uuid, accept boolean)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller uuid := private.require_caller();
  request public.message_requests;
begin
  select * into request
  from public.message_requests r
  where r.id = request_id
    and r.recipient_id = caller;
  if request.id is null then
    perform private.fail(404, 'not_found');
  end if;
  perform private.lock_pair(caller, request.sender_id);
  if accept then
    perform private.require_active_user(request.sender_id);
    if private.is_blocked(caller, request.sender_id) then
      perform private.fail(403, 'blocked');
    end if;
  end if;

  update public.message_requests r
  set status = case when accept then 'accepted' else 'declined' end,
      answered_at = private.now()
  where r.id = request_id
    and r.status = 'pending'
  returning * into request;
  if request.id is null then
    perform private.fail(409, 'request_answered');
  end if;
  if accept then
    perform private.write_message(request.sender_id, caller, 'text', request.content);
  end if;
  return private.shown_request(request);
end
$$;

-- Bans a viewer from the stream, as before. Their row is found by its key: that it has not been left is asked
-- of the row, or the planner might take the index of those who watch and read all of them.
create or replace function private.ban_viewer(stream uuid, caller uuid, viewer uuid)
returns timestamptz
language plpgsql
security definer
set search_path = ''
as $$
declare
  banned_at timestamptz;
begin
  perform private.require_host_over(stream, caller, viewer);
  perform private.take_turn(stream, viewer);

  insert into public.stream_bans (stream_id, user_id, created_at)
  values (stream, viewer, private.now())
  on conflict do nothing;
  select b.created_at into banned_at
  from public.stream_bans b
  where b.stream_id = stream
    and b.user_id = viewer;

  update public.stream_viewers v
  set left_at = coalesce(v.left_at, private.now())
  where v.stream_id = stream
    and v.user_id = viewer;
  if found then
    perform private.count_viewers(stream);
  end if;
  return banned_at;
end
$$;
