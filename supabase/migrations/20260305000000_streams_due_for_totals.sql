-- Streams are added to their creator's totals in the order in which they ended, and each by its id: what
-- a batch holds is unknown while its statement is planned, and a join with it would be a scan of them all.

create index streams_due_for_totals on public.streams (ended_at)
  where status = 'ended' and not is_totalled;

create or replace function private.total_streams(batch integer)
returns setof uuid
language plpgsql
security definer
set search_path = ''
as $$
declare
  due uuid[] := array(
    select s.id
    from public.streams s
    where s.status = 'ended'
      and not s.is_totalled
      and s.ended_at < private.now() - interval '1 minute'
    order by s.ended_at
    limit batch
    for no key update skip locked
  );
begin
  update public.streams
  set is_totalled = true
  where id = any (due);

  return query
    with given as (
      select
        s.id, s.creator_id,
        floor(extract(epoch from s.ended_at - s.started_at))::bigint as seconds,
        g.coins, g.gifts
      from public.streams s
      cross join lateral (
        select coalesce(sum(x.coins), 0) as coins, coalesce(sum(x.gifts), 0) as gifts
        from public.stream_supporters x
        where x.stream_id = s.id
      ) g
      where s.id = any (due)
    ), counted as (
      update public.stream_stats f
      set coins = g.coins,
          gifts = g.gifts
      from given g
      where f.stream_id = any (due)
        and f.stream_id = g.id
      returning g.id, g.creator_id, g.seconds, f.total_views, f.peak_viewers, f.coins, f.gifts
    ), added as (
      insert into public.creator_stream_totals as t
        (creator_id, streams, seconds, views, peak_viewers, coins, gifts)
      select
        c.creator_id, count(*), sum(c.seconds), sum(c.total_views), max(c.peak_viewers), sum(c.coins),
        sum(c.gifts)
      from counted c
      group by c.creator_id
      order by c.creator_id
      on conflict (creator_id) do update
      set streams = t.streams + excluded.streams,
          seconds = t.seconds + excluded.seconds,
          views = t.views + excluded.views,
          peak_viewers = greatest(t.peak_viewers, excluded.peak_viewers),
          coins = t.coins + excluded.coins,
          gifts = t.gifts + excluded.gifts
    )
    select c.id
    from counted c;
end
$$;
