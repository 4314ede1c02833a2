-- How the reminders of shows are sent: taken by a run of the job, and noted when they are out.

-- Takes reminders that are due for the caller to send, soonest show first: those of shows that start
-- within `ahead`, and of live ones. What is taken is not taken again before `patience` is over, and
-- twice as long after each attempt. The first attempt also tells the user's own topic, once.
create function private.claim_show_reminders(batch integer, ahead interval, patience interval)
returns table (
  show_id uuid,
  user_id uuid,
  email text,
  title text,
  creator_name text,
  scheduled_start timestamptz,
  is_live boolean
)
language plpgsql
security definer
set search_path = ''
as $$
declare
  taken record;
begin
  for taken in
    with due as (
      select r.show_id, r.user_id
      from public.shows s
      join public.users c on c.id = s.creator_id
      join public.show_reminders r on r.show_id = s.id
      join public.users u on u.id = r.user_id
      where s.status in ('live', 'scheduled')
        and (s.status = 'live' or s.status = 'scheduled' and s.scheduled_start <= private.now() + ahead)
        and r.sent_at is null
        and r.not_before <= private.now()
        and r.attempts < 5
        and c.status = 'active'
        and u.status = 'active'
        and not private.is_blocked(s.creator_id, r.user_id)
      order by s.scheduled_start, r.show_id, r.user_id
      limit batch
      for no key update of r skip locked
    )
    update public.show_reminders r
    set attempts = r.attempts + 1,
        not_before = private.now() + patience * (2 ^ r.attempts)
    from due d, public.shows s, public.users u, public.profiles p
    where r.show_id = d.show_id
      and r.user_id = d.user_id
      and s.id = d.show_id
      and u.id = d.user_id
      and p.user_id = s.creator_id
    returning r.attempts, r.show_id, r.user_id, u.email, s.title, p.display_name, s.scheduled_start, s.status
  loop
    if taken.attempts = 1 then
      perform private.tell(
        'user:' || taken.user_id,
        'show_reminder',
        jsonb_build_object(
          'showId', taken.show_id,
          'title', taken.title,
          'scheduledStart', taken.scheduled_start,
          'status', taken.status
        )
      );
    end if;
    show_id := taken.show_id;
    user_id := taken.user_id;
    email := taken.email;
    title := taken.title;
    creator_name := taken.display_name;
    scheduled_start := taken.scheduled_start;
    is_live := taken.status = 'live';
    return next;
  end loop;
end
$$;

-- Notes that a claimed reminder was delivered.
create function private.note_reminder_sent(show uuid, person uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.show_reminders r
  set sent_at = private.now()
  where r.show_id = show
    and r.user_id = person
    and r.attempts >= 1
    and r.sent_at is null
$$;

-- Gives a claimed reminder up: the address will never take it.
create function private.give_reminder_up(show uuid, person uuid)
returns void
language sql
security definer
set search_path = ''
as $$
  update public.show_reminders r
  set attempts = 5
  where r.show_id = show
    and r.user_id = person
    and r.sent_at is null
$$;

grant execute on function
  private.claim_show_reminders(integer, interval, interval),
  private.note_reminder_sent(uuid, uuid),
  private.give_reminder_up(uuid, uuid)
  to limelight_backend;
