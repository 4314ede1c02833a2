-- Direct messages: who writes to whom, most of them to creators; what must be paid for, and what was.

create temporary table conversation on commit drop as
with drawn as (
  select
    c,
    case when c = 1 then 6 else 1 + floor(%(users)s * power(pg_temp.chance('writes', c), 1.2))::integer end as one_n,
    case
      when c = 1 then 1
      when pg_temp.chance('to whom', c) < 0.6
        then 1 + 50 * floor(%(creators)s * power(pg_temp.chance('to creator', c), 2.5))::integer
      else 1 + floor(%(users)s * pg_temp.chance('to user', c))::integer
    end as other_n
  from generate_series(1, %(users)s) as c
), pairs as (
  select distinct on (least(d.one_n, d.other_n), greatest(d.one_n, d.other_n)) d.*
  from drawn d
  where d.one_n <> d.other_n
    and not exists (select from block b where b.blocker_n = d.one_n and b.blocked_n = d.other_n)
    and not exists (select from block b where b.blocker_n = d.other_n and b.blocked_n = d.one_n)
  order by least(d.one_n, d.other_n), greatest(d.one_n, d.other_n), d.c
)
select
  p.c as n,
  pg_temp.id('conversation', p.c) as id,
  p.one_n,
  p.other_n,
  a.id as one_id,
  b.id as other_id,
  s.since + pg_temp.chance('first written', p.c) * (%(at)s::timestamptz - s.since) as created_at,
  case
    when p.c = 1 then %(lines)s / 50
    else least(1000, floor(2 + 1.4 * power(1 - pg_temp.chance('talkative', p.c), -0.6)))
  end::integer as length
from pairs p
join person a on a.n = p.one_n
join person b on b.n = p.other_n
cross join lateral (select greatest(a.created_at, b.created_at) as since) s;

analyze conversation;

create temporary table letter on commit drop as
with written as (
  select
    c.n as conversation_n,
    c.n * 100000::bigint + k as n,
    case
      when k = 1 or pg_temp.chance('which writes', c.n * 100000::bigint + k) < 0.5 then c.one_n
      else c.other_n
    end as sender_n,
    case
      when k = 1 then c.created_at
      else c.created_at + pg_temp.chance('written', c.n * 100000::bigint + k) * (%(at)s::timestamptz - c.created_at)
    end as created_at,
    pg_temp.chance('letter', c.n * 100000::bigint + k) as what
  from conversation c
  cross join lateral generate_series(1, c.length) as k
)
select
  w.n,
  pg_temp.id('letter', w.n) as id,
  w.conversation_n,
  w.sender_n,
  s.id as sender_id,
  w.created_at,
  w.what,
  case
    when s.role = 'creator' and w.what < 0.08 then 'locked'
    when w.what > 0.98 then 'tip'
    else 'text'
  end as kind,
  case when w.sender_n = c.one_n then c.other_n else c.one_n end as recipient_n
from written w
join conversation c on c.n = w.conversation_n
join person s on s.n = w.sender_n;

analyze letter;

-- Two in five pay for what is locked, sooner or later.
create temporary table paid_letter on commit drop as
select
  l.n,
  l.kind,
  l.id,
  l.conversation_n,
  pg_temp.id('letter transfer', l.n) as transfer_id,
  case l.kind when 'tip' then l.sender_n else l.recipient_n end as payer_n,
  case l.kind when 'tip' then l.recipient_n else l.sender_n end as payee_n,
  case l.kind
    when 'tip' then 1 + floor(50 * pg_temp.chance('tip', l.n))
    else 5 * (1 + mod(l.n, 20))
  end::bigint as coins,
  case l.kind
    when 'tip' then l.created_at
    else l.created_at + pg_temp.chance('unlocked at', l.n) * (%(at)s::timestamptz - l.created_at)
  end as paid_at
from letter l
where l.kind = 'tip'
   or l.kind = 'locked' and pg_temp.chance('unlocked', l.n) < 0.4;

insert into movement (
  at, id, operation, actor_id, key, subject_type, subject_id, payer, payee, amount, debit_type, credit_type
)
select
  l.paid_at,
  l.transfer_id,
  case l.kind when 'tip' then 'dm_tip' else 'message_unlock' end,
  p.id,
  pg_temp.id('letter key', l.n)::text,
  case l.kind when 'tip' then 'conversation' else 'message' end,
  case l.kind when 'tip' then c.id else l.id end,
  p.wallet_id,
  r.wallet_id,
  l.coins,
  case l.kind when 'tip' then 'dm_tip' else 'message_unlock' end,
  case l.kind when 'tip' then 'dm_tip' else 'message_unlock' end
from paid_letter l
join conversation c on c.n = l.conversation_n
join person p on p.n = l.payer_n
join person r on r.n = l.payee_n;

insert into public.messages (
  id, conversation_id, sender_id, kind, content, media_url, media_type, unlock_price, tip_amount,
  transfer_id, created_at
)
select
  l.id,
  c.id,
  l.sender_id,
  l.kind,
  case l.kind
    when 'tip' then ''
    when 'locked' then 'Here is the whole set, as promised'
    else pg_temp.pick(
      array[
        'hey, loved the stream yesterday', 'when are you live next?', 'thank you so much!', 'haha yes',
        'can you play my request on Friday?', 'I will be there', 'good luck tomorrow', 'sorry, fell asleep',
        'what camera do you use?', 'see you on Sunday', 'made it home', 'that was a long one'
      ],
      'writing', l.n
    )
  end,
  case when l.kind = 'locked' then 'https://cdn.example.com/messages/' || l.id || '.jpg' end,
  case when l.kind = 'locked' then 'image' end,
  case when l.kind = 'locked' then 5 * (1 + mod(l.n, 20)) end,
  case when l.kind = 'tip' then p.coins end,
  case when l.kind = 'tip' then p.transfer_id end,
  l.created_at
from letter l
join conversation c on c.n = l.conversation_n
left join paid_letter p on p.n = l.n
order by l.created_at, l.n;

-- In three conversations of ten the last words have not been read.
insert into public.conversations (
  id, first_id, second_id, last_message_at, last_sender_id, last_preview, first_unread, second_unread, created_at
)
with ends as (
  select distinct on (l.conversation_n) l.*
  from letter l
  order by l.conversation_n, l.created_at desc, l.n desc
), unread as (
  select e.conversation_n, count(*) as letters
  from ends e
  join letter l on l.conversation_n = e.conversation_n and l.sender_n = e.sender_n
  left join (
    select conversation_n, sender_n, max(created_at) as at
    from letter
    group by conversation_n, sender_n
  ) o on o.conversation_n = e.conversation_n and o.sender_n = e.recipient_n
  where l.created_at > coalesce(o.at, '-infinity')
    and pg_temp.chance('unread', e.conversation_n) < 0.3
  group by e.conversation_n
)
select
  c.id,
  least(c.one_id, c.other_id),
  greatest(c.one_id, c.other_id),
  e.created_at,
  e.sender_id,
  private.preview(m),
  case when least(c.one_id, c.other_id) = e.sender_id then 0 else coalesce(u.letters, 0) end,
  case when least(c.one_id, c.other_id) = e.sender_id then coalesce(u.letters, 0) else 0 end,
  c.created_at
from conversation c
join ends e on e.conversation_n = c.n
join public.messages m on m.id = e.id
left join unread u on u.conversation_n = c.n
order by c.created_at, c.n;

insert into public.message_unlocks (message_id, user_id, transfer_id, price, created_at)
select l.id, p.id, l.transfer_id, l.coins, l.paid_at
from paid_letter l
join person p on p.n = l.payer_n
where l.kind = 'locked'
order by l.paid_at, l.n;

insert into public.message_settings (user_id, accepts, updated_at)
select
  p.id,
  case when pg_temp.chance('accepts messages', p.n) < 0.01 then 'nobody' else 'following' end,
  p.created_at
from person p
where pg_temp.chance('accepts messages', p.n) < 0.06
order by p.n;

-- Whoever takes messages from a few has been asked by others.
insert into public.message_requests (id, sender_id, recipient_id, content, status, created_at, answered_at)
select
  pg_temp.id('request', r.n),
  s.id,
  r.id,
  'May I write to you?',
  a.status,
  a.asked_at,
  case when a.status <> 'pending' then a.asked_at + 0.5 * (%(at)s::timestamptz - a.asked_at) end
from person r
join person s on s.n = 1 + mod(r.n * 7 + 3, %(users)s) and s.n < r.n
cross join lateral (
  select
    r.created_at + pg_temp.chance('requested', r.n) * (%(at)s::timestamptz - r.created_at) as asked_at,
    (array['pending', 'accepted', 'declined'])[1 + floor(3 * pg_temp.chance('request', r.n))::integer] as status
) a
where pg_temp.chance('accepts messages', r.n) between 0.01 and 0.06
  and not exists (select from block b where b.blocker_n = r.n and b.blocked_n = s.n)
  and not exists (select from block b where b.blocker_n = s.n and b.blocked_n = r.n);

-- A conversation with more in it than any other, and a message in it that waits to be paid for.
insert into landmark (name, id)
select 'conversation', id from conversation where n = 1
union all
(
  select 'locked message', l.id
  from letter l
  where l.conversation_n = 1
    and l.kind = 'locked'
    and not exists (select from paid_letter p where p.n = l.n)
  order by l.n
  limit 1
);

-- check: conversations end with their last message
select c.id
from public.conversations c
join (
  select distinct on (m.conversation_id) m.conversation_id, m.sender_id, m.created_at
  from public.messages m
  order by m.conversation_id, m.created_at desc, m.id desc
) m on m.conversation_id = c.id
where (m.sender_id, m.created_at) is distinct from (c.last_sender_id, c.last_message_at);
