-- Accounts: one in fifty a creator, the first of them the most popular; three admins; some suspended.
-- Everybody signs in with the same password.

create temporary table person on commit drop as
with numbered as (
  select
    n,
    pg_temp.id('user', n) as id,
    %(opened)s::timestamptz + make_interval(secs => %(span)s * n::double precision / (%(users)s + 1)) as created_at,
    case when mod(n, 50) = 1 then n / 50 + 1 end as creator_rank,
    pg_temp.pick(
      array[
        'amber', 'bold', 'brave', 'bright', 'calm', 'clever', 'cosmic', 'crisp', 'daring', 'dizzy',
        'dusty', 'eager', 'early', 'fancy', 'fierce', 'fluffy', 'frosty', 'gentle', 'giddy', 'golden',
        'happy', 'hidden', 'icy', 'jolly', 'keen', 'lively', 'lucky', 'lunar', 'mellow', 'mighty',
        'misty', 'neon', 'noble', 'odd', 'polar', 'proud', 'quick', 'quiet', 'rapid', 'royal', 'rusty',
        'salty', 'shiny', 'silent', 'silver', 'sleepy', 'snowy', 'solar', 'spicy', 'sunny', 'sweet',
        'tidy', 'tiny', 'urban', 'velvet', 'vivid', 'warm', 'wild', 'witty', 'zesty'
      ],
      'adjective', n
    ) as adjective,
    pg_temp.pick(
      array[
        'acorn', 'badger', 'banjo', 'beetle', 'biscuit', 'bonsai', 'cactus', 'canary', 'cello',
        'cheetah', 'cobra', 'comet', 'coral', 'crane', 'dingo', 'dolphin', 'dragon', 'eagle', 'ember',
        'falcon', 'ferret', 'fiddle', 'fox', 'gecko', 'glacier', 'heron', 'ibis', 'jaguar', 'kestrel',
        'koala', 'lemur', 'lotus', 'lynx', 'mango', 'maple', 'meteor', 'moose', 'nebula', 'newt',
        'ocelot', 'olive', 'orchid', 'osprey', 'otter', 'owl', 'panda', 'pepper', 'pixel', 'puffin',
        'quokka', 'raven', 'robin', 'salmon', 'sparrow', 'tiger', 'tulip', 'walrus', 'willow', 'wombat',
        'zebra'
      ],
      'noun', n
    ) as noun
  from generate_series(1, %(users)s) as n
)
select
  p.*,
  p.adjective || p.noun || '_' || to_hex(p.n) as username,
  initcap(p.adjective || ' ' || p.noun) as display_name,
  case
    when p.n in (2, 3, 4) then 'admin'
    when p.creator_rank is not null then 'creator'
    else 'fan'
  end as role,
  p.n > 4 and pg_temp.chance('suspended', p.n) < 0.005 as is_suspended,
  w.last_id + p.n as wallet_id
from numbered p
cross join (select max(id) as last_id from public.wallets) w;

alter table person add primary key (n);
analyze person;

insert into auth.users (
  instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, last_sign_in_at,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  raw_app_meta_data, raw_user_meta_data, created_at, updated_at
)
select
  '00000000-0000-0000-0000-000000000000',
  p.id,
  'authenticated',
  'authenticated',
  p.username || '@example.com',
  %(password_hash)s,
  p.created_at,
  p.created_at,
  '', '', '', '',
  '{"provider": "email", "providers": ["email"]}',
  jsonb_build_object('username', p.username, 'display_name', p.display_name, 'email_verified', true),
  p.created_at,
  p.created_at
from person p
order by p.n;

insert into auth.identities (
  id, provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at
)
select
  pg_temp.id('identity', p.n),
  p.id::text,
  p.id,
  jsonb_build_object(
    'sub', p.id, 'email', p.username || '@example.com', 'email_verified', true, 'phone_verified', false
  ),
  'email',
  p.created_at,
  p.created_at,
  p.created_at
from person p
order by p.n;

insert into public.users
  (id, email, role, status, suspended_at, suspension_reason, created_at, updated_at)
select
  p.id,
  p.username || '@example.com',
  p.role,
  case when p.is_suspended then 'suspended' else 'active' end,
  case when p.is_suspended then s.suspended_at end,
  case
    when p.is_suspended then pg_temp.pick(array['Spam', 'Harassment', 'Chargebacks'], 'reason', p.n)
  end,
  p.created_at,
  case when p.is_suspended then s.suspended_at else p.created_at end
from person p
cross join lateral (
  select p.created_at + pg_temp.chance('suspended at', p.n) * (%(at)s::timestamptz - p.created_at) as suspended_at
) s
order by p.n;

insert into public.creator_settings (
  user_id, call_rate_per_minute, minimum_call_duration, is_available_for_calls, auto_accept_calls,
  message_rate, updated_at
)
select
  p.id,
  5 * (1 + floor(20 * pg_temp.chance('rate', p.n)))::bigint,
  1 + floor(10 * pg_temp.chance('minimum', p.n))::integer,
  p.n = 1 or pg_temp.chance('available', p.n) < 0.4,
  pg_temp.chance('accepts', p.n) < 0.1,
  case when pg_temp.chance('message rate', p.n) < 0.2 then 5 else 0 end,
  p.created_at + make_interval(hours => 2)
from person p
where p.role <> 'fan'
order by p.n;

-- Every creator was approved; of the fans, some wait and some were turned down.
insert into public.creator_applications (
  id, user_id, display_name, bio, why_creator, content_type, status, reviewed_by, reviewed_at, created_at
)
select
  pg_temp.id('application', p.n),
  p.id,
  p.display_name,
  'I stream most evenings',
  'People ask for more',
  pg_temp.pick(array['music', 'gaming', 'cooking', 'fitness', 'art', 'talk', 'dance', 'tech'], 'content', p.n),
  v.status,
  case when v.status <> 'pending' then a.id end,
  case when v.status <> 'pending' then p.created_at + make_interval(hours => 2) end,
  p.created_at + make_interval(hours => 1)
from person p
join person a on a.n = 2 + mod(p.n, 3)
cross join lateral (
  select case
      when p.creator_rank is not null then 'approved'
      when pg_temp.chance('application', p.n) < 0.002 then 'pending'
      else 'rejected'
    end as status
) v
where p.creator_rank is not null
   or p.role = 'fan' and pg_temp.chance('application', p.n) < 0.01
order by p.n;

insert into public.audit_log
  (id, actor_id, action, subject_type, subject_id, before, after, request_id, created_at)
overriding system value
select
  l.last_id + row_number() over (order by a.reviewed_at, a.id),
  a.reviewed_by,
  case a.status when 'approved' then 'application.approve' else 'application.reject' end,
  'creator_application',
  a.id,
  jsonb_build_object('status', 'pending'),
  jsonb_build_object('status', a.status, 'userId', a.user_id),
  pg_temp.id('review', p.n)::text,
  a.reviewed_at
from public.creator_applications a
join person p on p.id = a.user_id
cross join (select coalesce(max(id), 0) as last_id from public.audit_log) l
where a.status <> 'pending';

insert into landmark (name, id)
select 'creator', id from person where n = 1
union all
select 'admin', id from person where n = 2;

-- check: every account has its two halves and a wallet
select u.id
from auth.users u
left join public.users a on a.id = u.id
left join public.profiles p on p.user_id = u.id
left join public.wallets w on w.user_id = u.id
where a.id is null
   or p.user_id is null
   or w.id is null;
