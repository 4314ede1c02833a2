-- What ended streams were given, and what all of a creator's came to.

update public.stream_stats f
set coins = g.coins,
    gifts = g.gifts
from (
  select s.id, coalesce(sum(x.coins), 0) as coins, coalesce(sum(x.gifts), 0) as gifts
  from stream s
  left join public.stream_supporters x on x.stream_id = s.id
  where s.status = 'ended'
  group by s.id
) g
where g.id = f.stream_id;

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
