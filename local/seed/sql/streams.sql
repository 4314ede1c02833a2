-- Streams in the order of their start: those that ended, those that are live (the first of them, the
-- most popular creator's, is where everybody is), and those to come.

create temporary table stream on commit drop as
with numbered as (
  select
    n,
    %(streams)s - %(live)s - %(scheduled)s as past,
    pg_temp.chance('length', n) as length,
    pg_temp.chance('crowd', n) as crowd,
    pg_temp.chance('privacy', n) as openness
  from generate_series(1, %(streams)s) as n
), timed as (
  select
    s.n,
    case
      when s.n <= s.past then 'ended'
      when s.n <= s.past + %(live)s then 'live'
      else 'scheduled'
    end as status,
    s.n = s.past + 1 as is_hot,
    greatest(0, s.n - s.past) as turn,
    s.length,
    s.crowd,
    s.openness,
    case
      -- From the second day on: somebody must be there to watch.
      when s.n <= s.past
        then %(opened)s::timestamptz
          + make_interval(secs => 86400 + (%(span)s - 6 * 3600 - 86400) * (s.n - 0.5) / s.past)
      when s.n = s.past + 1
        then %(at)s::timestamptz - make_interval(hours => 12)
      when s.n <= s.past + %(live)s
        then %(at)s::timestamptz - make_interval(secs => 300 + 18000 * s.length)
    end as started_at
  from numbered s
), hosted as (
  select
    s.*,
    p.n as creator_n
  from timed s
  join person p on p.creator_rank = 1
    + floor((1 + floor((pg_temp.users_by(s.started_at) - 1) / 50)) * power(pg_temp.chance('host', s.n), 2))::integer
  where s.status = 'ended'

  union all

  -- One live stream a creator, of those who may be seen.
  select
    s.*,
    p.n
  from timed s
  join (
    select n, row_number() over (order by creator_rank) as turn, count(*) over () as hosts
    from person
    where creator_rank is not null
      and not is_suspended
  ) p on p.turn = 1 + mod(s.turn - 1, p.hosts)
  where s.status <> 'ended'
)
select
  s.n,
  pg_temp.id('stream', s.n) as id,
  s.creator_n,
  p.id as creator_id,
  s.status,
  s.is_hot,
  case
    when s.is_hot or s.openness < 0.80 then 'public'
    when s.openness < 0.92 then 'followers'
    else 'ticketed'
  end as privacy,
  case when not s.is_hot and s.openness >= 0.92 then 10 * (1 + mod(s.n, 20))::bigint end as ticket_price,
  coalesce(
    s.started_at,
    greatest(p.created_at, %(at)s::timestamptz - make_interval(days => 5) * pg_temp.chance('announced', s.n))
  ) as created_at,
  s.started_at,
  case s.status
    when 'ended' then s.started_at + make_interval(secs => 600 + 13800 * power(s.length, 2))
  end as ended_at,
  -- How many come, before those who come twice.
  case
    when s.status = 'scheduled' then 0
    when s.is_hot then %(users)s / 4
    else least(
      %(users)s / 20,
      (9 + 36 / p.creator_rank) * power(1 - s.crowd, -0.75)
    )
  end::integer as comers
from hosted s
join person p on p.n = s.creator_n;

alter table stream add primary key (n);
analyze stream;

insert into public.streams (
  id, creator_id, title, description, category, tags, privacy, ticket_price, thumbnail_url, status,
  scheduled_for, started_at, ended_at, host_seen_at, room_name, stream_key, created_at, is_totalled
)
with theme (category, titles) as (
  values
    ('music', array['Late-night piano', 'Vinyl hour', 'Requests until midnight']),
    ('gaming', array['Ranked until I drop', 'Speed run attempts', 'Chess and chat']),
    ('cooking', array['Sunday dumplings', 'Bread from scratch', 'You vote, I cook']),
    ('fitness', array['Morning stretch', 'Leg day', 'Ten quiet kilometres']),
    ('art', array['Draw with me', 'Oil on canvas', 'Clay on the wheel']),
    ('talk', array['Ask me anything', 'The news, slowly', 'Tea and letters']),
    ('dance', array['Dance practice', 'Eight counts a minute', 'Friday cypher']),
    ('tech', array['Fixing old radios', 'Live coding, no mercy', 'Soldering for beginners'])
)
select
  s.id,
  s.creator_id,
  pg_temp.pick(t.titles, 'title', s.n) || ' #' || s.n,
  case when pg_temp.chance('described', s.n) < 0.6 then 'Come in, say hello, requests welcome' end,
  t.category,
  array[
    pg_temp.pick(array['chill', 'loud', 'live', 'classic'], 'tag', s.n),
    pg_temp.pick(array['late', 'weekly', 'short', 'marathon'], 'second tag', s.n)
  ],
  s.privacy,
  s.ticket_price,
  case when pg_temp.chance('thumbnail', s.n) < 0.8 then 'https://cdn.example.com/streams/' || s.id || '.jpg' end,
  s.status,
  case
    when s.status = 'scheduled'
      then %(at)s::timestamptz + make_interval(hours => 1) + make_interval(days => 14) * pg_temp.chance('announced', s.n)
  end,
  s.started_at,
  s.ended_at,
  -- A live host is heard of every half minute; a few have just lost their connection.
  case s.status
    when 'ended' then s.ended_at - make_interval(secs => 30 * pg_temp.chance('last seen', s.n))
    when 'live' then %(at)s::timestamptz - make_interval(
      secs => case when not s.is_hot and pg_temp.chance('lost', s.n) < 0.03 then 150 else 0 end
        + 30 * pg_temp.chance('last seen', s.n)
    )
  end,
  'room_' || replace(pg_temp.id('room', s.n)::text, '-', ''),
  'sk_' || replace(pg_temp.id('key', s.n)::text, '-', ''),
  s.created_at,
  -- In totals.sql.
  s.status = 'ended'
from stream s
join theme t on t.category = pg_temp.pick(
  array['music', 'gaming', 'cooking', 'fitness', 'art', 'talk', 'dance', 'tech'], 'content', s.creator_n
)
order by s.created_at, s.n;

insert into landmark (name, id)
select 'stream', id from stream where is_hot;
