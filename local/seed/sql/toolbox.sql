-- Chance that repeats: the same seed, purpose and number draw the same, whatever runs before it.

-- A fraction from 0 to just below 1.
create function pg_temp.chance(purpose text, n bigint)
returns double precision
language sql
immutable
parallel safe
as $$
  select (hashint8extended(n, hashtextextended(purpose, %(seed)s::bigint)) & 4503599627370495)
    / 4503599627370496::double precision
$$;

-- A version 4 UUID.
create function pg_temp.id(purpose text, n bigint)
returns uuid
language sql
immutable
parallel safe
as $$
  select overlay(
    overlay(md5(purpose || ' ' || n::text || ' ' || %(seed)s::text) placing '4' from 13) placing 'a' from 17
  )::uuid
$$;

create function pg_temp.pick(choices text[], purpose text, n bigint)
returns text
language sql
immutable
parallel safe
as $$
  select choices[1 + floor(cardinality(choices) * pg_temp.chance(purpose, n))::integer]
$$;

-- How many users there were at a moment: they signed up evenly, user 1 first.
create function pg_temp.users_by(moment timestamptz)
returns double precision
language sql
immutable
parallel safe
as $$
  select least(
    %(users)s,
    floor(
      (%(users)s + 1) * extract(epoch from moment - %(opened)s::timestamptz)::double precision / %(span)s
    )
  )
$$;

-- Who and what there is most of: areas add theirs, and the finished world keeps them.
create temporary table landmark (
  name text primary key,
  id uuid not null
) on commit drop;
