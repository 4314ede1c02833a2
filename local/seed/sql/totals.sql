-- How many watched each stream, what it was given once it ended, and what all of a creator's came to.

insert into public.stream_stats (
  stream_id, is_live, current_viewers, peak_viewers, total_views, counted_at, coins, gifts
)
select
  s.id,
  s.status = 'live',
  a.watching,
  a.peak,
  a.ever,
  coalesce(s.ended_at, case s.status when 'live' then %(at)s::timestamptz end, s.created_at),
  case when s.status = 'ended' then coalesce(g.coins, 0) end,
  case when s.status = 'ended' then coalesce(g.gifts, 0) end
from stream s
join attendance a on a.stream_n = s.n
left join (
  select stream_id, sum(coins) as coins, sum(gifts) as gifts
  from given
  group by stream_id
) g on g.stream_id = s.id
order by s.n;

insert into public.creator_stream_totals
  (creator_id, streams, seconds, views, peak_viewers, coins, gifts)
select
  s.creator_id,
  count(*),
  sum(floor(extract(epoch from s.ended_at - s.started_at))),
  sum(f.total_views),
  max(f.peak_viewers),
  sum(f.coins),
  sum(f.gifts)
from stream s
join public.stream_stats f on f.stream_id = s.id
where s.status = 'ended'
group by s.creator_id
order by min(s.n);

-- check: creators' totals are of the streams that are in them
select coalesce(t.creator_id, s.creator_id)
from public.creator_stream_totals t
full join (
  select s.creator_id, count(*) as streams, sum(f.coins) as coins
  from public.streams s
  join public.stream_stats f on f.stream_id = s.id
  where s.is_totalled
  group by s.creator_id
) s on s.creator_id = t.creator_id
where (t.streams, t.coins) is distinct from (s.streams, s.coins);
