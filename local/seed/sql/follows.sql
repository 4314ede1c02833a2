-- Who follows and blocks whom, and the profiles with their counts. Few are followed by many: the first
-- creator by a third of all.

create temporary table block on commit drop as
select distinct
  1 + floor(%(users)s * pg_temp.chance('blocker', b))::integer as blocker_n,
  1 + floor(%(users)s * pg_temp.chance('blocked', b))::integer as blocked_n
from generate_series(1, greatest(1, %(users)s / 50)) as b;

delete from block where blocker_n = blocked_n;

create temporary table follow on commit drop as
with wanted as (
  select
    p.n as follower_n,
    least(500, %(users)s / 4, floor(4.5 * power(1 - pg_temp.chance('follows', p.n), -0.6)))::integer as follows
  from person p
), drawn as (
  select
    w.follower_n,
    w.follower_n * 1000::bigint + k as draw
  from wanted w
  cross join lateral generate_series(1, w.follows) as k
), chosen as (
  select distinct
    d.follower_n,
    case
      when pg_temp.chance('whom', d.draw) < 0.05 then 1
      when pg_temp.chance('whom', d.draw) < 0.75
        then 1 + 50 * floor(%(creators)s * power(pg_temp.chance('creator', d.draw), 2.5))::integer
      else 1 + floor(%(users)s * pg_temp.chance('user', d.draw))::integer
    end as followee_n
  from drawn d
)
select
  c.follower_n,
  c.followee_n,
  a.id as follower_id,
  b.id as followee_id,
  s.since + pg_temp.chance('followed at', c.follower_n * 1000000::bigint + c.followee_n)
    * (%(at)s::timestamptz - s.since) as created_at
from chosen c
join person a on a.n = c.follower_n
join person b on b.n = c.followee_n
cross join lateral (select greatest(a.created_at, b.created_at) as since) s
where c.follower_n <> c.followee_n
  and not exists (
    select from block k where k.blocker_n = c.follower_n and k.blocked_n = c.followee_n
  )
  and not exists (
    select from block k where k.blocker_n = c.followee_n and k.blocked_n = c.follower_n
  );

analyze follow;

insert into public.blocked_users (blocker_id, blocked_id, created_at)
select
  a.id,
  b.id,
  s.since + pg_temp.chance('blocked at', k.blocker_n) * (%(at)s::timestamptz - s.since)
from block k
join person a on a.n = k.blocker_n
join person b on b.n = k.blocked_n
cross join lateral (select greatest(a.created_at, b.created_at) as since) s;

insert into public.follows (follower_id, followee_id, created_at)
select f.follower_id, f.followee_id, f.created_at
from follow f
order by f.created_at;

insert into public.profiles (
  user_id, username, display_name, bio, avatar_url, banner_url, location, website, twitter_handle,
  instagram_handle, is_creator_verified, follower_count, following_count, created_at, updated_at
)
select
  p.id,
  p.username,
  p.display_name,
  case
    when pg_temp.chance('has bio', p.n) < 0.4 or p.creator_rank is not null
      then pg_temp.pick(
        array[
          'Late nights, loud music', 'Here for the piano', 'Speed runs and bad puns',
          'Cooking what you vote for', 'Painting in small steps', 'Coffee first', 'Ask me anything',
          'Street dance, every Friday', 'Building things out of wood', 'Two cats and a camera'
        ],
        'bio', p.n
      )
  end,
  case
    when pg_temp.chance('has avatar', p.n) < 0.7 then 'https://cdn.example.com/avatars/' || p.id || '.png'
  end,
  case
    when p.creator_rank is not null then 'https://cdn.example.com/banners/' || p.id || '.png'
  end,
  case
    when pg_temp.chance('has place', p.n) < 0.3
      then pg_temp.pick(
        array['Lisbon', 'Berlin', 'Osaka', 'Lagos', 'Toronto', 'Recife', 'Oslo', 'Pune'], 'place', p.n
      )
  end,
  case when pg_temp.chance('has site', p.n) < 0.1 then 'https://example.com/' || p.username end,
  case when pg_temp.chance('tweets', p.n) < 0.2 then p.username end,
  case when pg_temp.chance('posts', p.n) < 0.3 then p.username end,
  p.creator_rank is not null,
  coalesce(b.followers, 0),
  coalesce(a.follows, 0),
  p.created_at,
  p.created_at
from person p
left join (
  select followee_n, count(*) as followers from follow group by followee_n
) b on b.followee_n = p.n
left join (
  select follower_n, count(*) as follows from follow group by follower_n
) a on a.follower_n = p.n
order by p.n;

-- check: counts of followers are the edges
select p.user_id
from public.profiles p
left join (select followee_id, count(*) as n from public.follows group by followee_id) f on f.followee_id = p.user_id
left join (select follower_id, count(*) as n from public.follows group by follower_id) g on g.follower_id = p.user_id
where p.follower_count <> coalesce(f.n, 0)
   or p.following_count <> coalesce(g.n, 0);

-- check: nobody follows across a block
select f.follower_id
from public.blocked_users b
join public.follows f on f.follower_id = b.blocker_id and f.followee_id = b.blocked_id
union all
select f.follower_id
from public.blocked_users b
join public.follows f on f.follower_id = b.blocked_id and f.followee_id = b.blocker_id;
