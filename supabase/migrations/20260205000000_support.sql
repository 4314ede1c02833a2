-- What viewers give: tips beside gifts, what a stream was given in all, and goals.
--
-- A thousand fans may give to one stream at once, and none of them waits for another. What a stream was
-- given is kept in pieces, and a goal's progress is not kept at all: it is what was given to the stream
-- since the goal began (docs/adr/0012).

create table public.stream_tips (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null
    references public.streams (id) on delete restrict,
  sender_id uuid not null
    references public.users (id) on delete restrict,
  transfer_id uuid not null unique
    references public.transfers (id) on delete restrict,
  amount bigint not null
    check (amount between 1 and 100000),
  message text
    check (length(message) between 1 and 500),
  created_at timestamptz not null default private.now()
);

create index stream_tips_stream on public.stream_tips (stream_id, created_at desc, id desc);
create index stream_tips_sender on public.stream_tips (sender_id, created_at desc);

alter table public.stream_messages
  add column tip_id uuid
    references public.stream_tips (id) on delete restrict,
  add check ((kind = 'tip') = (tip_id is not null));

create index stream_messages_tip on public.stream_messages (tip_id) where tip_id is not null;

-- The coins of a stream's gifts and tips, added up in pieces: a connection writes to a piece of its own, so
-- that two gifts seldom meet. Each is written with its gift, so that the pieces add up to the supporters'
-- totals in every snapshot.
create table public.stream_income (
  stream_id uuid not null
    references public.streams (id) on delete restrict,
  piece integer not null
    check (piece between 0 and 63),
  coins bigint not null
    check (coins >= 1),
  primary key (stream_id, piece)
) with (fillfactor = 50);

insert into public.stream_income (stream_id, piece, coins)
select x.stream_id, 0, sum(x.coins)
from public.stream_supporters x
group by x.stream_id;

-- What a host asks for. `given_before` is what the stream had been given when the goal began; `progress`
-- and `status` are what listeners were last told, and stay once the goal is closed: reached, or missed
-- because its stream ended. How an active goal stands is asked of private.goal_standing.
create table public.stream_goals (
  id uuid primary key default gen_random_uuid(),
  stream_id uuid not null
    references public.streams (id) on delete restrict,
  title text not null
    check (length(title) between 1 and 100),
  target_amount bigint not null
    check (target_amount >= 1),
  reward_text text
    check (length(reward_text) between 1 and 200),
  given_before bigint not null
    check (given_before >= 0),
  progress bigint not null default 0
    check (progress >= 0),
  status text not null default 'active'
    check (status in ('active', 'completed', 'missed')),
  told_at timestamptz not null default private.now(),
  created_at timestamptz not null default private.now(),
  completed_at timestamptz,
  check ((status = 'completed') = (completed_at is not null)),
  check (status <> 'completed' or progress >= target_amount),
  check (status <> 'missed' or progress < target_amount)
) with (fillfactor = 50);

create index stream_goals_newest on public.stream_goals (stream_id, created_at desc, id desc);
create index stream_goals_active on public.stream_goals (stream_id) where status = 'active';

-- What a stream was given so far, in coins.
create function private.given_to(stream uuid)
returns bigint
language sql
stable
set search_path = ''
as $$
  select coalesce(sum(i.coins), 0)::bigint
  from public.stream_income i
  where i.stream_id = stream
$$;

-- How a goal stands now, whatever listeners were last told of it.
create function private.goal_standing(goal public.stream_goals, out progress bigint, out status text)
language sql
stable
set search_path = ''
as $$
  select
    p.progress,
    case
      when goal.status <> 'active' then goal.status
      when p.progress >= goal.target_amount then 'completed'
      when s.status = 'ended' then 'missed'
      else 'active'
    end
  from public.streams s
  cross join lateral (
    select case
        when goal.status = 'active' then private.given_to(s.id) - goal.given_before
        else goal.progress
      end as progress
  ) p
  where s.id = goal.stream_id
$$;

create function private.tell_goal(goal public.stream_goals, status text)
returns void
language sql
set search_path = ''
as $$
  select private.tell(
    'stream:' || goal.stream_id,
    'goal',
    jsonb_build_object(
      'goalId', goal.id,
      'title', goal.title,
      'targetAmount', goal.target_amount,
      'rewardText', goal.reward_text,
      'progress', goal.progress,
      'status', tell_goal.status
    )
  )
$$;

-- Writes down and tells how these active goals stand. The caller holds their rows, so that a goal is
-- completed once, and no listener is told of less than before.
create function private.settle_goals(goals uuid[])
returns void
language plpgsql
set search_path = ''
as $$
declare
  settled public.stream_goals;
begin
  for settled in
    update public.stream_goals g
    set (progress, status, completed_at) = (
          select n.progress, n.status, case when n.status = 'completed' then private.now() end
          from private.goal_standing(g) n
        ),
        told_at = private.now()
    where g.id = any (goals)
      and g.status = 'active'
    returning g.*
  loop
    perform private.tell_goal(settled, settled.status);
  end loop;
end
$$;

-- What a gift or a tip does to its stream's goals. A goal that is reached is completed, and progress is
-- told at most once a second, by whoever gets the goal's row; nobody waits for it. What nobody came to
-- tell, private.settle_due_goals does.
create function private.move_goals(stream uuid, at timestamptz)
returns void
language plpgsql
set search_path = ''
as $$
declare
  due uuid[];
begin
  due := array(
    select g.id
    from public.stream_goals g
    where g.stream_id = stream
      and g.status = 'active'
      and (
        g.told_at <= at - interval '1 second'
        or g.target_amount <= (select private.given_to(stream)) - g.given_before
      )
    for no key update skip locked
  );
  if cardinality(due) > 0 then
    perform private.settle_goals(due);
  end if;
end
$$;

-- Adds what a supporter gave to their total and to the stream's, and moves its goals. Called with the
-- coins already taken: the order of locks is wallet, supporter, piece, and goals without waiting.
create function private.count_support(
  stream uuid,
  supporter uuid,
  coins bigint,
  gifts integer,
  at timestamptz
)
returns void
language plpgsql
set search_path = ''
as $$
begin
  insert into public.stream_supporters as s (stream_id, user_id, coins, gifts, updated_at)
  values (stream, supporter, count_support.coins, count_support.gifts, at)
  on conflict (stream_id, user_id) do update
  set coins = s.coins + excluded.coins,
      gifts = s.gifts + excluded.gifts,
      updated_at = excluded.updated_at;

  insert into public.stream_income as i (stream_id, piece, coins)
  values (stream, pg_backend_pid() % 64, count_support.coins)
  on conflict (stream_id, piece) do update
  set coins = i.coins + excluded.coins;

  perform private.move_goals(stream, at);
end
$$;

-- The job: tells what is still untold, completes what was reached by gifts that did not see each other,
-- and closes the goals of ended streams a minute later, when no gift is on its way any more.
create function private.settle_due_goals(batch integer)
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  due uuid[];
begin
  due := array(
    select g.id
    from public.stream_goals g
    join public.streams s on s.id = g.stream_id
    where g.status = 'active'
      and (
        s.ended_at <= private.now() - interval '1 minute'
        or private.given_to(g.stream_id) - g.given_before > g.progress
      )
    order by g.told_at
    limit batch
    for no key update of g skip locked
  );
  perform private.settle_goals(due);
  return cardinality(due);
end
$$;

-- A goal begins with what is given from now on. Five at a time: every gift looks at each.
create function private.create_goal(
  stream uuid,
  caller uuid,
  title text,
  target_amount bigint,
  reward_text text
)
returns public.stream_goals
language plpgsql
security definer
set search_path = ''
as $$
declare
  made public.stream_goals;
begin
  perform private.require_stream_owner(stream, caller);
  -- Two who create take turns, and the stream does not end meanwhile.
  perform from public.streams s where s.id = stream and s.status <> 'ended' for no key update;
  if not found then
    perform private.fail(409, 'stream_ended');
  end if;
  if 5 <= (
    select count(*)
    from public.stream_goals g
    cross join lateral private.goal_standing(g) n
    where g.stream_id = stream
      and g.status = 'active'
      and n.status = 'active'
  ) then
    perform private.fail(409, 'too_many_goals');
  end if;

  insert into public.stream_goals (stream_id, title, target_amount, reward_text, given_before)
  values (
    stream, create_goal.title, create_goal.target_amount, create_goal.reward_text, private.given_to(stream)
  )
  returning * into made;
  perform private.tell_goal(made, made.status);
  return made;
end
$$;

-- The goal of this stream, locked, as it stands now; fails unless the caller owns it and it is active.
create function private.take_goal(stream uuid, goal uuid, caller uuid)
returns public.stream_goals
language plpgsql
set search_path = ''
as $$
declare
  taken public.stream_goals;
begin
  perform private.require_stream_owner(stream, caller);
  select * into taken
  from public.stream_goals g
  where g.id = goal
    and g.stream_id = stream
  for no key update;
  if taken.id is null then
    perform private.fail(404, 'not_found');
  end if;
  select n.progress, n.status into taken.progress, taken.status from private.goal_standing(taken) n;
  if taken.status <> 'active' then
    perform private.fail(409, 'goal_closed');
  end if;
  return taken;
end
$$;

-- Changes what is named in `changes`. The target is never below what was given already; a target that
-- has just been given is reached. A closed goal is a promise to those who gave, and stays as it is.
create function private.change_goal(stream uuid, goal uuid, caller uuid, changes jsonb)
returns public.stream_goals
language plpgsql
security definer
set search_path = ''
as $$
declare
  changed public.stream_goals := private.take_goal(stream, goal, caller);
begin
  if (changes ->> 'target_amount')::bigint < changed.progress then
    perform private.fail(
      409, 'goal_below_progress', jsonb_build_object('progress', changed.progress)
    );
  end if;

  update public.stream_goals g
  set title = coalesce(changes ->> 'title', g.title),
      target_amount = coalesce((changes ->> 'target_amount')::bigint, g.target_amount),
      reward_text = case when changes ? 'reward_text' then changes ->> 'reward_text' else g.reward_text end
  where g.id = goal;
  perform private.settle_goals(array[goal]);
  select * into changed from public.stream_goals g where g.id = goal;
  return changed;
end
$$;

create function private.delete_goal(stream uuid, goal uuid, caller uuid)
returns public.stream_goals
language plpgsql
security definer
set search_path = ''
as $$
declare
  deleted public.stream_goals := private.take_goal(stream, goal, caller);
begin
  delete from public.stream_goals g where g.id = goal;
  perform private.tell_goal(deleted, 'deleted');
  return deleted;
end
$$;

create index virtual_gifts_cheapest on public.virtual_gifts (price, id) where is_active;

alter table public.stream_tips enable row level security;
alter table public.stream_income enable row level security;
alter table public.stream_goals enable row level security;

grant select on public.stream_tips to authenticated;
create policy stream_tips_read_own on public.stream_tips
  for select to authenticated
  using (sender_id = (select auth.uid()) and (select private.is_active()));

grant select on public.stream_tips, public.stream_income, public.stream_goals to limelight_backend;
create policy stream_tips_backend on public.stream_tips for select to limelight_backend using (true);
create policy stream_income_backend on public.stream_income for select to limelight_backend using (true);
create policy stream_goals_backend on public.stream_goals for select to limelight_backend using (true);

grant execute on function
  private.given_to(uuid),
  private.goal_standing(public.stream_goals),
  private.settle_due_goals(integer),
  private.create_goal(uuid, uuid, text, bigint, text),
  private.change_goal(uuid, uuid, uuid, jsonb),
  private.delete_goal(uuid, uuid, uuid)
  to limelight_backend;
