-- Who watched what. A seat is one user at one stream; everything that happens at a stream (tickets,
-- chat, gifts) is done from a seat, so that whoever took part was there and had access.

create temporary table fan on commit drop as
select
  followee_n as creator_n,
  follower_n as user_n,
  row_number() over (partition by followee_n order by follower_n) as position,
  count(*) over (partition by followee_n) as fans
from follow
where mod(followee_n, 50) = 1;

analyze fan;

create temporary table seat on commit drop as
with comer as (
  select
    s.n as stream_n,
    s.n * 10000000::bigint + k as draw
  from stream s
  cross join lateral generate_series(1, s.comers) as k
), seated as (
  select
    s.n as stream_n,
    1 + floor(pg_temp.users_by(s.started_at) * power(pg_temp.chance('viewer', c.draw), 1.3))::integer as user_n
  from comer c
  join stream s on s.n = c.stream_n
  where s.privacy <> 'followers'

  union

  select
    s.n,
    f.user_n
  from comer c
  join stream s on s.n = c.stream_n
  join (select distinct creator_n, fans from fan) t on t.creator_n = s.creator_n
  join fan f
    on f.creator_n = s.creator_n
    and f.position = 1 + floor(t.fans * pg_temp.chance('viewer', c.draw))::bigint
  join person p on p.n = f.user_n and p.created_at < s.started_at
  where s.privacy = 'followers'
), timed as (
  select
    v.stream_n,
    v.user_n,
    v.stream_n * 10000000::bigint + v.user_n as draw,
    s.started_at + power(pg_temp.chance('joined', v.stream_n * 10000000::bigint + v.user_n), 2)
      * (coalesce(s.ended_at, %(at)s::timestamptz) - s.started_at) as joined_at,
    s.status = 'live' as is_live,
    coalesce(s.ended_at, %(at)s::timestamptz) as until
  from seated v
  join stream s on s.n = v.stream_n
  where v.user_n <> s.creator_n
), left_alone as (
  select
    t.*,
    pg_temp.chance('stays', t.draw) as staying,
    t.joined_at + pg_temp.chance('stay', t.draw) * (t.until - t.joined_at) as bored_at
  from timed t
), departed as (
  select
    l.*,
    case
      when l.staying < 0.6 then l.bored_at
      when not l.is_live then l.until
    end as left_at,
    -- Heard of every 25 seconds, but for those whose connection was lost a moment ago.
    make_interval(
      secs => 25 * pg_temp.chance('seen', l.draw) + case when l.is_live and l.staying > 0.98 then 65 else 0 end
    ) as silence
  from left_alone l
)
select
  row_number() over (order by d.stream_n, d.joined_at, d.user_n) as n,
  d.stream_n,
  d.user_n,
  d.joined_at,
  greatest(d.joined_at, coalesce(d.left_at, d.until) - d.silence) as seen_at,
  d.left_at
from departed d;

analyze seat;

-- The seats of a stream are numbered from first_seat on.
create temporary table hall on commit drop as
select
  stream_n,
  min(n) as first_seat,
  count(*) as seats
from seat
group by stream_n;

analyze hall;

insert into public.stream_viewers (stream_id, user_id, joined_at, seen_at, left_at)
select s.id, p.id, v.joined_at, v.seen_at, v.left_at
from seat v
join stream s on s.n = v.stream_n
join person p on p.n = v.user_n
order by v.joined_at;

-- The peak is the most who were there at once. In totals.sql these come to the streams' figures.
create temporary table attendance on commit drop as
with moves as (
  select stream_n, joined_at as at, 1 as step from seat
  union all
  select stream_n, left_at, -1 from seat where left_at is not null
), crowds as (
  select
    stream_n,
    sum(step) over (partition by stream_n order by at, step rows unbounded preceding) as present
  from moves
), peaks as (
  select stream_n, max(present) as peak from crowds group by stream_n
), counted as (
  select
    stream_n,
    count(*) as ever,
    count(*) filter (
      where left_at is null and seen_at > %(at)s::timestamptz - interval '60 seconds'
    ) as watching
  from seat
  group by stream_n
)
select
  s.n as stream_n,
  coalesce(c.watching, 0) as watching,
  greatest(coalesce(k.peak, 0), coalesce(c.watching, 0)) as peak,
  coalesce(c.ever, 0) as ever
from stream s
left join counted c on c.stream_n = s.n
left join peaks k on k.stream_n = s.n;

-- A few were sent away for good.
insert into public.stream_bans (stream_id, user_id, created_at)
select s.id, p.id, v.left_at
from seat v
join stream s on s.n = v.stream_n
join person p on p.n = v.user_n
where v.left_at is not null
  and pg_temp.chance('banned', v.n) < 0.001;

-- check: viewers and views are the rows of those who watched
select f.stream_id
from public.stream_stats f
left join (
  select
    stream_id,
    count(*) as ever,
    count(*) filter (
      where left_at is null and seen_at > %(at)s::timestamptz - interval '60 seconds'
    ) as watching
  from public.stream_viewers
  group by stream_id
) v on v.stream_id = f.stream_id
where f.total_views <> coalesce(v.ever, 0)
   or f.current_viewers <> coalesce(v.watching, 0);

-- check: nobody watches a stream of followers alone without following
select v.user_id
from public.streams s
join public.stream_viewers v on v.stream_id = s.id
left join public.follows f on f.follower_id = v.user_id and f.followee_id = s.creator_id
where s.privacy = 'followers'
  and f.follower_id is null;
