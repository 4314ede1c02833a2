-- Chat: one line in ten is said in the hot stream.

insert into public.stream_messages (id, stream_id, user_id, kind, content, created_at)
with said as (
  select
    l as n,
    case
      when pg_temp.chance('where', l) < 0.1
        then h.first_seat + floor(h.seats * power(pg_temp.chance('who', l), 1.5))::bigint
      else 1 + floor(h.all_seats * pg_temp.chance('who', l))::bigint
    end as seat
  from generate_series(1, %(lines)s) as l
  cross join (
    select b.first_seat, b.seats, (select count(*) from seat) as all_seats
    from hall b
    join stream s on s.n = b.stream_n
    where s.is_hot
  ) h
)
select
  pg_temp.id('line', l.n),
  s.id,
  p.id,
  'chat',
  pg_temp.pick(
    array[
      'hello from Lisbon', 'first!', 'this is so good', 'one more please', 'what song is that?',
      'lol', 'good night everyone', 'sound is a bit low', 'back from dinner', 'who else is new here?',
      'that was close', 'more of this', 'how long have you played?', 'greetings from the train',
      'love the lights', 'can you play the other one?', 'missed the start, is there a replay?',
      'thank you for this', 'see you tomorrow', 'my cat is watching too', '+1', 'wow'
    ],
    'words', l.n
  ),
  v.joined_at + pg_temp.chance('when', l.n) * (coalesce(v.left_at, %(at)s::timestamptz) - v.joined_at) as created_at
from said l
join seat v on v.n = l.seat
join stream s on s.n = v.stream_n
join person p on p.n = v.user_n
order by created_at;

insert into public.stream_chatters (stream_id, user_id, said_at)
select m.stream_id, m.user_id, max(m.created_at)
from public.stream_messages m
join stream s on s.id = m.stream_id
where m.kind = 'chat'
group by m.stream_id, m.user_id
order by max(m.created_at), m.stream_id, m.user_id;

-- A few were told to be quiet for a while, and a few streams are slowed down.
insert into public.stream_timeouts (stream_id, user_id, created_at, ends_at)
select s.id, p.id, v.joined_at, v.joined_at + make_interval(mins => 10)
from seat v
join stream s on s.n = v.stream_n
join person p on p.n = v.user_n
where pg_temp.chance('timed out', v.n) < 0.002;

insert into public.stream_slow_modes (stream_id, seconds, updated_at)
select s.id, 5, s.started_at
from stream s
where s.started_at is not null
  and not s.is_hot
  and pg_temp.chance('slow', s.n) < 0.05;
