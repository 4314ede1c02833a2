"""The catalogue queries. All run with an empty search path, so that every name is qualified."""

from __future__ import annotations

TABLES = """
select
    n.nspname as schema,
    c.relname as name,
    obj_description(c.oid, 'pg_class') as description,
    c.relkind in ('v', 'm') as is_view,
    c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 8) <> 0 as insertable,
    c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 4) <> 0 as updatable,
    c.relkind in ('r', 'p') or (pg_relation_is_updatable(c.oid, true) & 16) <> 0 as deletable,
    coalesce(keys.names, '{}') as primary_key,
    coalesce(columns.list, '[]') as columns
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join lateral (
    select array_agg(a.attname::text order by k.position) as names
    from pg_constraint p
    cross join lateral unnest(p.conkey) with ordinality as k(number, position)
    join pg_attribute a on a.attrelid = p.conrelid and a.attnum = k.number
    where p.conrelid = c.oid and p.contype = 'p'
) keys on true
left join lateral (
    select json_agg(json_build_object(
        'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod),
        'base_type', case
            when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod)
            else format_type(a.atttypid, a.atttypmod)
        end,
        'default', case
            when a.attgenerated <> '' then null
            when a.attidentity = 'd' then format('nextval(%%L)', identity.sequence)
            when d.adbin is not null then pg_get_expr(d.adbin, d.adrelid)
            else pg_get_expr(t.typdefaultbin, 0)
        end,
        'nullable', not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
        'description', col_description(c.oid, a.attnum),
        'enum', coalesce((
            select json_agg(e.enumlabel order by e.enumsortorder)
            from pg_enum e
            where e.enumtypid = a.atttypid
        ), '[]')
    ) order by a.attnum) as list
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    left join lateral (
        select format('%%I.%%I', sn.nspname, s.relname) as sequence
        from pg_depend dep
        join pg_class s on s.oid = dep.objid and s.relkind = 'S'
        join pg_namespace sn on sn.oid = s.relnamespace
        where dep.refobjid = a.attrelid and dep.refobjsubid = a.attnum and dep.deptype = 'i'
        limit 1
    ) identity on true
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
) columns on true
where c.relkind in ('r', 'v', 'm', 'f', 'p')
  and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  and n.nspname !~ '^pg_temp'
order by n.nspname, c.relname
"""

FOREIGN_KEYS = """
select
    k.conname as constraint,
    k.conrelid::int8 as table_id,
    k.confrelid::int8 as foreign_id,
    array[n.nspname, c.relname]::text[] as table,
    array[fn.nspname, f.relname]::text[] as foreign,
    k.conkey::int[] as numbers,
    k.confkey::int[] as foreign_numbers,
    cols.names as columns,
    cols.foreign_names as foreign_columns,
    exists (
        select from pg_constraint u
        where u.conrelid = k.conrelid
          and u.contype in ('p', 'u')
          and u.conkey @> k.conkey and u.conkey <@ k.conkey
    ) as is_unique
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class f on f.oid = k.confrelid
join pg_namespace fn on fn.oid = f.relnamespace
cross join lateral (
    select
        array_agg(a.attname::text order by p.position) as names,
        array_agg(b.attname::text order by p.position) as foreign_names
    from unnest(k.conkey, k.confkey) with ordinality as p(here, there, position)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.here
    join pg_attribute b on b.attrelid = k.confrelid and b.attnum = p.there
) cols
where k.contype = 'f' and k.conparentid = 0
order by k.conrelid, k.conname
"""

VIEWS = """
select
    c.oid::int8 as id,
    array[n.nspname, c.relname]::text[] as name,
    r.ev_action::text as rule,
    (
        select json_object_agg(a.attnum, a.attname)
        from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0
    ) as columns
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_rewrite r on r.ev_class = c.oid and r.rulename = '_RETURN'
where c.relkind in ('v', 'm') and n.nspname = any(%s)
"""

PRIMARY_KEYS = """
select conrelid::int8 as table_id, conkey::int[] as numbers
from pg_constraint
where contype = 'p'
"""

ROUTINES = """
with recursive bases as (
    select oid, oid as base, typbasetype from pg_type
    union all
    select b.oid, t.oid, t.typbasetype
    from bases b
    join pg_type t on t.oid = b.typbasetype
)
select
    n.nspname as schema,
    p.proname as name,
    obj_description(p.oid, 'pg_proc') as description,
    coalesce(arguments.list, '[]') as parameters,
    array[tn.nspname, coalesce(rel.relname, t.typname)]::text[] as returns,
    p.proretset as returns_set,
    t.typtype = 'c' or coalesce(p.proargmodes::text[] && '{t,b,o}', false) as returns_composite,
    p.provolatile::text as volatility,
    coalesce(p.proconfig, '{}') as settings
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join bases b on b.oid = p.prorettype and b.typbasetype = 0
join pg_type t on t.oid = b.base
join pg_namespace tn on tn.oid = t.typnamespace
left join pg_class rel on rel.oid = t.typrelid
left join lateral (
    select
        count(*) as total,
        count(*) filter (where input.name = '') as unnamed,
        bool_or(
            input.name = ''
            and input.type in (
                'bytea'::regtype, 'json'::regtype, 'jsonb'::regtype, 'text'::regtype, 'xml'::regtype
            )
        ) as takes_body,
        json_agg(json_build_object(
            'name', input.name,
            'type', input.type::regtype::text,
            'wide_type', case input.type
                when 'bit'::regtype then 'bit varying'
                when 'bit[]'::regtype then 'bit varying[]'
                when 'character'::regtype then 'character varying'
                when 'character[]'::regtype then 'character varying[]'
                else input.type::regtype::text
            end,
            'required', input.position <= p.pronargs - p.pronargdefaults,
            'variadic', input.mode = 'v'
        ) order by input.position) as list
    from (
        select
            coalesce(a.name, '') as name,
            a.type,
            coalesce(a.mode, 'i') as mode,
            row_number() over (order by a.position) as position
        from unnest(
            coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes
        ) with ordinality as a(type, name, mode, position)
        where coalesce(a.mode, 'i') in ('i', 'b', 'v')
    ) input
) arguments on true
where p.prokind = 'f'
  and n.nspname = any(%s)
  and t.typname not in ('trigger', 'event_trigger')
  and (arguments.unnamed = 0 or arguments.total = 1 and arguments.takes_body)
"""

COMPUTED_RELATIONSHIPS = """
select
    array[pn.nspname, p.proname]::text[] as function,
    array[an.nspname, a.typname]::text[] as table,
    array[rn.nspname, r.typname]::text[] as foreign,
    not p.proretset or p.prorows = 1 as single_row
from pg_proc p
join pg_namespace pn on pn.oid = p.pronamespace
join pg_type a on a.oid = p.proargtypes[0]
join pg_namespace an on an.oid = a.typnamespace
join pg_class ac on ac.reltype = a.oid and ac.relkind in ('v', 'r', 'm', 'f', 'p')
join pg_type r on r.oid = p.prorettype
join pg_namespace rn on rn.oid = r.typnamespace
join pg_class rc on rc.reltype = r.oid and rc.relkind in ('v', 'r', 'm', 'f', 'p')
where p.pronargs = 1
order by pn.nspname, p.proname
"""

REPRESENTATIONS = """
select
    c.castsource::regtype::text as source,
    c.casttarget::regtype::text as target,
    c.castfunc::regproc::text as function
from pg_cast c
join pg_type s on s.oid = c.castsource
join pg_type t on t.oid = c.casttarget
where c.castcontext = 'i'
  and c.castmethod = 'f'
  and has_function_privilege(c.castfunc, 'execute')
  and (
      s.typtype = 'd' and c.casttarget in ('json'::regtype, 'text'::regtype)
      or t.typtype = 'd' and c.castsource in ('json'::regtype, 'text'::regtype)
  )
"""

MEDIA_HANDLERS = """
with media as (
    select oid, typname::text as name, typnamespace
    from pg_type
    where typbasetype <> 0
      and (typname ~* '^[a-z0-9.-]+/[a-z0-9.+-]+$' or typname = '*/*')
)
select
    array[pn.nspname, p.proname]::text[] as function,
    case when a.typname = 'anyelement' then null else array[an.nspname, a.typname]::text[] end
        as relation,
    m.name as media
from media m
join pg_proc p on p.prorettype = m.oid and p.prokind = 'a' and p.pronargs = 1
join pg_namespace pn on pn.oid = p.pronamespace
join pg_type a on a.oid = p.proargtypes[0]
join pg_namespace an on an.oid = a.typnamespace
left join pg_class c on c.reltype = a.oid and c.relkind in ('v', 'r', 'm', 'f', 'p')
where pn.nspname = any(%(schemas)s)
  and (c.oid is not null or a.typname = 'anyelement')
union all
select
    null,
    array[pn.nspname, p.proname]::text[],
    m.name
from media m
join pg_proc p on p.prorettype = m.oid and p.prokind = 'f' and not p.proretset
join pg_namespace pn on pn.oid = p.pronamespace
where pn.nspname = any(%(schemas)s)
"""

ROLE_SETTINGS = """
select r.rolname as role, u.setting
from pg_db_role_setting s
join pg_roles r on r.oid = s.setrole
cross join lateral unnest(s.setconfig) as u(setting)
join pg_settings p on p.name = split_part(u.setting, '=', 1)
where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and r.rolname <> current_user
  and pg_has_role(r.oid, 'member')
  and (p.context = 'user' or {may_set})
order by s.setdatabase
"""

GEOJSON = """
select exists (
    select from pg_proc p
    join pg_depend d on d.objid = p.oid and d.deptype = 'e'
    join pg_extension e on e.oid = d.refobjid and e.extname = 'postgis'
    where p.proname = 'st_asgeojson' and p.proargtypes[0] = 'record'::regtype
) as found
"""

FINGERPRINT = """
select md5(
    (select coalesce(string_agg(oid || ':' || xmin, ',' order by oid), '')
     from pg_class where oid >= 16384)
    || (select coalesce(string_agg(oid || ':' || xmin, ',' order by oid), '')
        from pg_proc where oid >= 16384)
    || (select coalesce(string_agg(oid || ':' || xmin, ',' order by oid), '')
        from pg_constraint where oid >= 16384)
    || (select coalesce(string_agg(oid || ':' || xmin, ',' order by oid), '')
        from pg_type where oid >= 16384)
    || (select coalesce(sum(xmin::text::int8), 0)::text
        from pg_attribute where attrelid >= 16384 and attnum > 0)
)
"""
