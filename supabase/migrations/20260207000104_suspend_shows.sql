-- A suspension passes over a show that ends at the same moment: the rows are locked as they are found,
-- and one that is over by then is left alone.
create or replace function private.cancel_shows_of(creator uuid, request_id text default 'suspension')
returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  held uuid;
  cancelled integer := 0;
begin
  for held in
    select s.id
    from public.shows s
    where s.creator_id = creator
      and s.status in ('live', 'scheduled')
    order by s.id
    for no key update
  loop
    perform ledger.call_off_show(held, 'suspend', request_id);
    cancelled := cancelled + 1;
  end loop;
  return cancelled;
end
$$;
