-- A stream's tags are held to the length that the API takes, as a show's are.

alter table public.streams
  add check (array_position(tags, null) is null and private.longest(tags) <= 30);
