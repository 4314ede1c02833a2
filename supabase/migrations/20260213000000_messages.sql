-- Direct messages: one conversation for each pair of users, requests to write, locked messages, tips.
--
-- A conversation's row has the pair in the order of their ids, and what a list shows: the last message
-- and how much each of the two has not read. So lists and counts touch no message row. Whoever writes
-- locks the conversation first, then, when coins move, the wallets.

create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  first_id uuid not null
    references public.users (id) on delete restrict,
  second_id uuid not null
    references public.users (id) on delete restrict,
  last_message_at timestamptz not null default private.now(),
  last_sender_id uuid not null
    references public.users (id) on delete restrict,
  last_preview text not null
    check (length(last_preview) <= 100),
  first_unread integer not null default 0
    check (first_unread >= 0),
  second_unread integer not null default 0
    check (second_unread >= 0),
  created_at timestamptz not null default private.now(),
  unique (first_id, second_id),
  check (first_id < second_id),
  check (last_sender_id in (first_id, second_id))
) with (fillfactor = 70);

create index conversations_first on public.conversations (first_id, last_message_at desc, id desc);
create index conversations_second on public.conversations (second_id, last_message_at desc, id desc);
create index conversations_first_unread on public.conversations (first_id) include (first_unread)
  where first_unread > 0;
create index conversations_second_unread on public.conversations (second_id) include (second_unread)
  where second_unread > 0;
create index conversations_last_sender on public.conversations (last_sender_id);

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null
    references public.conversations (id) on delete restrict,
  sender_id uuid not null
    references public.users (id) on delete restrict,
  kind text not null
    check (kind in ('text', 'locked', 'tip')),
  content text not null
    check (length(content) <= 2000),
  media_url text
    check (media_url ~ '^https://' and length(media_url) <= 2048),
  media_type text
    check (media_type in ('image', 'video', 'audio')),
  thumbnail_url text
    check (thumbnail_url ~ '^https://' and length(thumbnail_url) <= 2048),
  unlock_price bigint
    check (unlock_price between 1 and 100000),
  tip_amount bigint
    check (tip_amount between 1 and 1000000),
  transfer_id uuid unique
    references public.transfers (id) on delete restrict,
  created_at timestamptz not null default private.now(),
  check ((kind = 'locked') = (unlock_price is not null)),
  check ((kind = 'tip') = (tip_amount is not null)),
  check ((kind = 'tip') = (transfer_id is not null)),
  check (kind = 'tip' or length(content) >= 1),
  check (media_type is null or media_url is not null),
  check (thumbnail_url is null or kind = 'locked')
);

create index messages_newest on public.messages (conversation_id, created_at desc, id desc);
create index messages_sender on public.messages (sender_id);

-- Who has paid to read a locked message.
create table public.message_unlocks (
  message_id uuid not null
    references public.messages (id) on delete restrict,
  user_id uuid not null
    references public.users (id) on delete restrict,
  transfer_id uuid not null unique
    references public.transfers (id) on delete restrict,
  price bigint not null
    check (price >= 1),
  created_at timestamptz not null default private.now(),
  primary key (message_id, user_id)
);

create index message_unlocks_user on public.message_unlocks (user_id, created_at desc);

-- A request to write to somebody who does not take messages from everybody.
create table public.message_requests (
  id uuid primary key default gen_random_uuid(),
  sender_id uuid not null
    references public.users (id) on delete cascade,
  recipient_id uuid not null
    references public.users (id) on delete cascade,
  content text not null
    check (length(content) between 1 and 500),
  status text not null default 'pending'
    check (status in ('pending', 'accepted', 'declined')),
  created_at timestamptz not null default private.now(),
  answered_at timestamptz,
  check (sender_id <> recipient_id),
  check ((status = 'pending') = (answered_at is null))
);

create unique index message_requests_one_pending
  on public.message_requests (least(sender_id, recipient_id), greatest(sender_id, recipient_id))
  where status = 'pending';
create index message_requests_received
  on public.message_requests (recipient_id, created_at desc, id desc)
  where status = 'pending';
create index message_requests_recipient on public.message_requests (recipient_id);
create index message_requests_sender on public.message_requests (sender_id);

-- From whom a user takes messages; no row is everybody. "following": whom the user follows, and who was
-- accepted or is in a conversation already.
create table public.message_settings (
  user_id uuid primary key
    references public.users (id) on delete cascade,
  accepts text not null default 'everyone'
    check (accepts in ('everyone', 'following', 'nobody')),
  updated_at timestamptz not null default now()
);

create trigger message_settings_touch before update on public.message_settings
  for each row execute function private.touch_updated_at();

-- Whether one may write to the other now, or why not: 'self_message', 'not_found', 'blocked',
-- 'request_required', 'messages_closed'. A conversation that there is already stays open.
create function private.message_access(sender uuid, recipient uuid)
returns text
language sql
stable
set search_path = ''
as $$
  select case
      when sender = recipient then 'self_message'
      when not exists (
        select from public.users u where u.id = recipient and u.status = 'active'
      ) then 'not_found'
      when private.is_blocked(sender, recipient) then 'blocked'
      when exists (
        select
        from public.conversations c
        where c.first_id = least(sender, recipient)
          and c.second_id = greatest(sender, recipient)
      ) then 'granted'
      when s.accepts = 'nobody' then 'messages_closed'
      when s.accepts = 'following' and not exists (
        select from public.follows f where f.follower_id = recipient and f.followee_id = sender
      ) then 'request_required'
      else 'granted'
    end
  from (select) as one
  left join public.message_settings s on s.user_id = recipient
$$;

create function private.require_message_access(sender uuid, recipient uuid, granted text[] default '{granted}')
returns void
language plpgsql
stable
set search_path = ''
as $$
declare
  verdict text := private.message_access(sender, recipient);
begin
  if verdict = any (granted) then
    return;
  end if;
  case verdict
    when 'not_found' then perform private.fail(404, 'not_found');
    when 'self_message' then perform private.fail(422, 'self_message');
    when 'granted' then perform private.fail(409, 'request_not_needed');
    else perform private.fail(403, verdict);
  end case;
end
$$;

-- The account behind a call over REST, if it is active.
create function private.require_caller()
returns uuid
language plpgsql
stable
set search_path = ''
as $$
begin
  if not private.is_active() then
    perform private.fail(403, 'forbidden');
  end if;
  return auth.uid();
end
$$;

-- The conversation of the caller with this id, locked; not found for whoever is not in it.
create function private.lock_conversation(conversation uuid, caller uuid)
returns public.conversations
language plpgsql
set search_path = ''
as $$
declare
  found_conversation public.conversations;
begin
  select * into found_conversation
  from public.conversations c
  where c.id = conversation
    and caller in (c.first_id, c.second_id)
  for no key update;
  if found_conversation.id is null then
    perform private.fail(404, 'not_found');
  end if;
  return found_conversation;
end
$$;

-- What a list shows of a message: at most 100 characters, and never what must be paid for.
create function private.preview(message public.messages)
returns text
language sql
immutable
set search_path = ''
as $$
  select case message.kind
    when 'locked' then 'Locked message'
    when 'tip' then 'Sent a tip'
    else left(message.content, 100)
  end
$$;

-- Puts the message on top of its conversation, counts it as unread, and tells the other party.
create function private.deliver(message public.messages)
returns void
language plpgsql
set search_path = ''
as $$
declare
  recipient uuid;
begin
  update public.conversations c
  set last_message_at = message.created_at,
      last_sender_id = message.sender_id,
      last_preview = private.preview(message),
      first_unread = c.first_unread + case when c.first_id = message.sender_id then 0 else 1 end,
      second_unread = c.second_unread + case when c.second_id = message.sender_id then 0 else 1 end
  where c.id = message.conversation_id
  returning case when c.first_id = message.sender_id then c.second_id else c.first_id end
  into recipient;

  perform private.tell(
    'user:' || recipient,
    'message',
    jsonb_build_object(
      'messageId', message.id,
      'conversationId', message.conversation_id,
      'kind', message.kind,
      'sender', private.mini_user(message.sender_id)
    )
  );
end
$$;

-- Writes a message into the conversation of two users, which is made with it when there is none.
create function private.write_message(
  sender uuid,
  recipient uuid,
  kind text,
  content text,
  media_url text default null,
  media_type text default null,
  thumbnail_url text default null,
  unlock_price bigint default null
)
returns public.messages
language plpgsql
set search_path = ''
as $$
declare
  conversation uuid;
  message public.messages;
begin
  insert into public.conversations as c (first_id, second_id, last_sender_id, last_preview)
  values (least(sender, recipient), greatest(sender, recipient), sender, '')
  on conflict (first_id, second_id) do update
  set last_sender_id = excluded.last_sender_id
  returning c.id into conversation;

  insert into public.messages (
    conversation_id, sender_id, kind, content, media_url, media_type, thumbnail_url, unlock_price
  )
  values (
    conversation, sender, write_message.kind, write_message.content, write_message.media_url,
    write_message.media_type, write_message.thumbnail_url, write_message.unlock_price
  )
  returning * into message;
  perform private.deliver(message);
  return message;
end
$$;

-- A message as this reader may see it: the content of a locked one is for its sender and for who paid.
create function private.shown_message(message public.messages, reader uuid)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', message.id,
    'conversation_id', message.conversation_id,
    'sender_id', message.sender_id,
    'kind', message.kind,
    'content', case when open.is_open then message.content end,
    'media_url', case when open.is_open then message.media_url end,
    'media_type', message.media_type,
    'thumbnail_url', message.thumbnail_url,
    'unlock_price', message.unlock_price,
    'is_locked', not open.is_open,
    'tip_amount', message.tip_amount,
    'created_at', message.created_at
  )
  from (
    select message.kind <> 'locked'
      or message.sender_id = reader
      or exists (
        select
        from public.message_unlocks k
        where k.message_id = message.id
          and k.user_id = reader
      ) as is_open
  ) open
$$;

-- The caller writes to somebody. Two who write to each other for the first time at once share one
-- conversation. Who blocks meanwhile waits, or is waited for.
create function public.send_message(recipient_id uuid, content text, media_url text, media_type text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller uuid := private.require_caller();
begin
  perform private.lock_pair(caller, recipient_id);
  perform private.require_message_access(caller, recipient_id);
  return private.shown_message(
    private.write_message(caller, recipient_id, 'text', content, media_url, media_type), caller
  );
end
$$;

-- A creator writes a message whose content must be paid for.
create function public.send_locked_message(
  recipient_id uuid,
  content text,
  unlock_price bigint,
  media_url text,
  media_type text,
  thumbnail_url text
)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller uuid := private.require_caller();
begin
  if not private.is_creator() then
    perform private.fail(403, 'role_required');
  end if;
  perform private.lock_pair(caller, recipient_id);
  perform private.require_message_access(caller, recipient_id);
  return private.shown_message(
    private.write_message(
      caller, recipient_id, 'locked', content, media_url, media_type, thumbnail_url, unlock_price
    ),
    caller
  );
end
$$;

-- The caller's conversations, newest first, with the other party, the preview and what is unread. Each
-- half is read along its own index, so that no more than a page of each is sorted.
create function public.my_conversations(before_at timestamptz, before_id uuid, page integer)
returns setof jsonb
language sql
stable
security definer
set search_path = ''
as $$
  with mine as (
    (
      select c.*, c.second_id as other_id, c.first_unread as unread
      from public.conversations c
      where c.first_id = auth.uid()
        and (before_at is null or (c.last_message_at, c.id) < (before_at, before_id))
      order by c.last_message_at desc, c.id desc
      limit page
    )
    union all
    (
      select c.*, c.first_id as other_id, c.second_unread as unread
      from public.conversations c
      where c.second_id = auth.uid()
        and (before_at is null or (c.last_message_at, c.id) < (before_at, before_id))
      order by c.last_message_at desc, c.id desc
      limit page
    )
  )
  select jsonb_build_object(
    'id', m.id,
    'other_user', private.mini_user(m.other_id),
    'preview', m.last_preview,
    'last_sender_id', m.last_sender_id,
    'last_message_at', m.last_message_at,
    'unread_count', m.unread
  )
  from mine m
  where private.is_active()
  order by m.last_message_at desc, m.id desc
  limit page
$$;

-- A conversation's messages, newest first, for one of its two parties; not found for anybody else.
create function public.conversation_messages(
  conversation_id uuid,
  before_at timestamptz,
  before_id uuid,
  page integer
)
returns setof jsonb
language plpgsql
stable
security definer
set search_path = ''
as $$
declare
  caller uuid := private.require_caller();
begin
  if not exists (
    select
    from public.conversations c
    where c.id = conversation_messages.conversation_id
      and caller in (c.first_id, c.second_id)
  ) then
    perform private.fail(404, 'not_found');
  end if;

  return query
    select private.shown_message(m, caller)
    from public.messages m
    where m.conversation_id = conversation_messages.conversation_id
      and (before_at is null or (m.created_at, m.id) < (before_at, before_id))
    order by m.created_at desc, m.id desc
    limit page;
end
$$;

-- The caller has read a conversation.
create function public.mark_conversation_read(conversation_id uuid)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller uuid := private.require_caller();
  read public.conversations := private.lock_conversation(conversation_id, caller);
begin
  update public.conversations c
  set first_unread = case when c.first_id = caller then 0 else c.first_unread end,
      second_unread = case when c.second_id = caller then 0 else c.second_unread end
  where c.id = read.id;
  return jsonb_build_object('conversation_id', read.id, 'unread_count', 0);
end
$$;

-- How many messages the caller has not read, over all conversations.
create function public.unread_count()
returns bigint
language sql
stable
security definer
set search_path = ''
as $$
  select
    coalesce((
      select sum(c.first_unread)
      from public.conversations c
      where c.first_id = auth.uid()
        and c.first_unread > 0
    ), 0)
    + coalesce((
      select sum(c.second_unread)
      from public.conversations c
      where c.second_id = auth.uid()
        and c.second_unread > 0
    ), 0)
  where private.is_active()
$$;

create function private.shown_request(request public.message_requests)
returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', request.id,
    'sender', private.mini_user(request.sender_id),
    'recipient_id', request.recipient_id,
    'content', request.content,
    'status', request.status,
    'created_at', request.created_at,
    'answered_at', request.answered_at
  )
$$;

-- The caller asks somebody who takes messages from few to take theirs; one request of a pair is open.
create function public.request_message(recipient_id uuid, content text)
returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller uuid := private.require_caller();
  request public.message_requests;
begin
  perform private.lock_pair(caller, recipient_id);
  perform private.require_message_access(caller, recipient_id, '{request_required}');
  insert into public.message_requests (sender_id, recipient_id, content)
  values (caller, request_message.recipient_id, request_message.content)
  on conflict do nothing
  returning * into request;
  if request.id is null then
    perform private.fail(409, 'request_pending');
  end if;
  perform private.tell(
    'user:' || recipient_id, 'message_request',
    jsonb_build_object('requestId', request.id, 'sender', private.mini_user(caller))
  );
  return private.shown_request(request);
end
$$;

-- The requests that wait for the caller's answer, newest first; who is blocked or gone waits unseen.
create function public.my_message_requests(before_at timestamptz, before_id uuid, page integer)
returns setof jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select private.shown_request(r)
  from public.message_requests r
  join public.users u on u.id = r.sender_id
  where r.recipient_id = auth.uid()
    and r.status = 'pending'
    and u.status = 'active'
    and not private.is_blocked(r.sender_id, r.recipient_id)
    and private.is_active()
    and (before_at is null or (r.created_at, r.id) < (before_at, before_id))
  order by r.created_at desc, r.id desc
  limit page
$$;

-- The recipient accepts a request, which becomes the first message, or declines it.
create function public.answer_message_request(request_id uuid, accept boolean)
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
  if accept and private.is_blocked(caller, request.sender_id) then
    perform private.fail(403, 'blocked');
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

-- Coins

alter table public.transfers drop constraint transfers_operation_check;
alter table public.transfers add constraint transfers_operation_check
  check (operation in (
    'gift', 'wallet_adjustment', 'hold_capture', 'escrow_deposit', 'escrow_release', 'escrow_refund',
    'payout_request', 'payout_settlement', 'payout_return', 'purchase', 'purchase_refund',
    'purchase_dispute', 'dispute_won', 'debt_collection', 'tip', 'stream_ticket', 'message_unlock',
    'dm_tip'
  ));

-- Pays one party of a conversation out of the other's wallet, less the platform's share.
create function ledger.pay_party(
  operation text,
  type text,
  payer uuid,
  payee uuid,
  amount bigint,
  subject_type text,
  subject_id uuid,
  key text,
  request_id text
)
returns uuid
language sql
set search_path = ''
as $$
  select ledger.post(
    operation, payer, key, subject_type, subject_id, request_id,
    array[
      row(ledger.wallet_of(payer), type, -amount, null),
      row(ledger.wallet_of(payee), type, amount - ledger.fee(operation, amount), null)
    ]::ledger.leg[] || ledger.fee_leg(ledger.fee(operation, amount))
  )
$$;

-- The buyer pays to read a locked message, once.
create function ledger.unlock_message(
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

-- One party of a conversation tips the other: coins, message, preview and unread count together.
create function ledger.tip_party(
  sender uuid,
  conversation uuid,
  amount bigint,
  content text,
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
  place public.conversations;
  recipient uuid;
  message public.messages;
begin
  response := ledger.claim(sender, 'dm_tip', key, request_hash);
  replayed := response is not null;
  if replayed then
    return;
  end if;

  select * into place
  from public.conversations c
  where c.id = conversation
    and sender in (c.first_id, c.second_id);
  if place.id is null then
    perform private.fail(404, 'not_found');
  end if;
  recipient := case when place.first_id = sender then place.second_id else place.first_id end;
  perform private.lock_pair(sender, recipient);
  perform private.require_message_access(sender, recipient);
  perform private.lock_conversation(conversation, sender);

  insert into public.messages (conversation_id, sender_id, kind, content, tip_amount, transfer_id)
  values (
    conversation, sender, 'tip', coalesce(tip_party.content, ''), amount,
    ledger.pay_party(
      'dm_tip', 'dm_tip', sender, recipient, amount, 'conversation', conversation, key, request_id
    )
  )
  returning * into message;
  perform private.deliver(message);

  response := jsonb_build_object(
    'message', private.shown_message(message, sender),
    'balance', ledger.balance_of(sender)
  );
  perform ledger.remember(sender, 'dm_tip', key, response);
end
$$;

-- What must never be true of paid messages: each was paid once, what it cost, to whom it was due.
create function ledger.message_violations()
returns table (invariant text, subject text, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  select 'an unlock was paid', k.message_id::text, format('price %s, paid %s', k.price, p.amount)
  from public.message_unlocks k
  left join lateral (
    select -sum(e.amount) as amount
    from public.entries e
    join public.wallets w on w.id = e.wallet_id
    where e.transfer_id = k.transfer_id
      and w.user_id = k.user_id
  ) p on true
  where p.amount is distinct from k.price

  union all

  select 'a tip was paid', m.id::text, format('amount %s, paid %s', m.tip_amount, p.amount)
  from public.messages m
  left join lateral (
    select -sum(e.amount) as amount
    from public.entries e
    join public.wallets w on w.id = e.wallet_id
    where e.transfer_id = m.transfer_id
      and w.user_id = m.sender_id
  ) p on true
  where m.kind = 'tip'
    and p.amount is distinct from m.tip_amount
$$;

-- Rights: the parties read their conversations, and of messages what is no secret; content comes from
-- the functions above.

alter table public.conversations enable row level security;
alter table public.messages enable row level security;
alter table public.message_unlocks enable row level security;
alter table public.message_requests enable row level security;
alter table public.message_settings enable row level security;

grant select on public.conversations, public.message_unlocks, public.message_requests, public.message_settings
  to authenticated;
create policy conversations_read_own on public.conversations
  for select to authenticated
  using ((select auth.uid()) in (first_id, second_id) and (select private.is_active()));
create policy message_unlocks_read_own on public.message_unlocks
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));
create policy message_requests_read_own on public.message_requests
  for select to authenticated
  using ((select auth.uid()) in (sender_id, recipient_id) and (select private.is_active()));

grant insert (accepts), update (accepts) on public.message_settings to authenticated;
alter table public.message_settings alter column user_id set default auth.uid();
create policy message_settings_read_own on public.message_settings
  for select to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()));
create policy message_settings_add_own on public.message_settings
  for insert to authenticated
  with check (user_id = (select auth.uid()) and (select private.is_active()));
create policy message_settings_update_own on public.message_settings
  for update to authenticated
  using (user_id = (select auth.uid()) and (select private.is_active()))
  with check (user_id = (select auth.uid()));

grant execute on function
  public.send_message(uuid, text, text, text),
  public.send_locked_message(uuid, text, bigint, text, text, text),
  public.my_conversations(timestamptz, uuid, integer),
  public.conversation_messages(uuid, timestamptz, uuid, integer),
  public.mark_conversation_read(uuid),
  public.unread_count(),
  public.request_message(uuid, text),
  public.my_message_requests(timestamptz, uuid, integer),
  public.answer_message_request(uuid, boolean)
  to authenticated;

grant select on public.conversations, public.messages, public.message_unlocks to limelight_backend;
create policy conversations_backend on public.conversations for select to limelight_backend using (true);
create policy messages_backend on public.messages for select to limelight_backend using (true);
create policy message_unlocks_backend on public.message_unlocks for select to limelight_backend using (true);

grant execute on function
  ledger.unlock_message(uuid, uuid, text, text, text),
  ledger.tip_party(uuid, uuid, bigint, text, text, text, text),
  ledger.message_violations()
  to limelight_backend;
