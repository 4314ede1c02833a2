"""Known mistakes of rights and of row-level security, each as the query that finds it.

A lint answers what it found, in words, and nothing where all is well. `test_lints.py` holds the
schema to all of them, and plants every mistake to see it found.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, LiteralString

from psycopg import sql

from tests.database.conftest import ANN, Connection, acting_as
from tests.database.rights import MAY_EXECUTE, ROLES

type Lint = Callable[[Connection], list[str]]

CLIENTS: Final = ("anon", "authenticated")
"""The roles that a client comes as."""
MEANT_FOR_CLIENTS: Final = [
    f"{role} {function}" for role in CLIENTS for function in MAY_EXECUTE[role]
]
CARRIES_METADATA: Final = [
    *("private.create_account", "private.push_display_name", "public.desk_delete_user")
]
"""What takes a sign-up's names from there, gives them back, or wipes them, and decides nothing."""

PARAMETERS: Final = {
    "schemas": ["public", "private", "ledger"],
    "clients": list(CLIENTS),
    "roles": list(ROLES),
    "meant": MEANT_FOR_CLIENTS,
    "carries_metadata": CARRIES_METADATA,
}


def _finds(query: LiteralString) -> Lint:
    """A lint that is one query with one column."""

    def find(connection: Connection) -> list[str]:
        return [str(found) for (found,) in connection.execute(query, PARAMETERS)]

    return find


# What the queries about policies have in common. The one on Realtime's table is ours, too.
_POLICIES: Final = """
with policies as (
  select
    p.schemaname || '.' || p.tablename || ' ' || p.policyname as what,
    coalesce(p.qual, '') || ' ' || coalesce(p.with_check, '') as rule,
    p.*
  from pg_policies p
  where p.schemaname = any (%(schemas)s)
     or p.policyname like 'limelight%%'
)
"""

# Each verb with its letter in pg_policy, and the roles that policies hold for.
_RIGHTS: Final = """
with verbs (verb, letter) as (
  values ('select', 'r'), ('insert', 'a'), ('update', 'w'), ('delete', 'd')
), held as (
  select c.oid, c.oid::regclass::text as name, r.oid as role, r.rolname, v.verb, v.letter,
    case v.verb
      when 'delete' then has_table_privilege(r.oid, c.oid, v.verb)
      else has_any_column_privilege(r.oid, c.oid, v.verb)
    end as granted
  from pg_class c
  cross join pg_roles r
  cross join verbs v
  where c.relnamespace = any (%(schemas)s::regnamespace[])
    and c.relkind in ('r', 'p')
    and r.rolname = any (%(roles)s)
    and not r.rolbypassrls
)
"""

_ROW_LEVEL_SECURITY: Final = """
select c.oid::regclass
from pg_class c
where c.relnamespace = any (%(schemas)s::regnamespace[])
  and c.relkind in ('r', 'p')
  and not c.relrowsecurity
"""

_SEARCH_PATH: Final = """
select p.oid::regprocedure
from pg_proc p
where p.pronamespace = any (%(schemas)s::regnamespace[])
  and not coalesce('search_path=""' = any (p.proconfig), false)
"""

_DEFINERS: Final = """
select r.role || ' ' || f.name
from pg_proc p
cross join unnest(%(clients)s::text[]) r (role)
cross join lateral (select p.pronamespace::regnamespace || '.' || p.proname) f (name)
where p.pronamespace = any (%(schemas)s::regnamespace[])
  and p.prosecdef
  and has_function_privilege(r.role, p.oid, 'execute')
  and r.role || ' ' || f.name <> all (%(meant)s)
"""

_OWNERS: Final = """
with owner as (
  select nspowner
  from pg_namespace
  where nspname = 'ledger'
)
select p.oid::regprocedure::text
from pg_proc p, owner
where p.pronamespace = any (%(schemas)s::regnamespace[])
  and p.proowner <> owner.nspowner
union all
select c.oid::regclass::text
from pg_class c, owner
where c.relnamespace = any (%(schemas)s::regnamespace[])
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and c.relowner <> owner.nspowner
"""

_BARE_CALLER: Final[LiteralString] = (
    _POLICIES
    + r"""
select what
from policies
where regexp_replace(
    rule, 'SELECT \(*(auth\.\w+|private\.\w+|current_setting)\(', '', 'g'
  ) ~ '\m(auth\.\w+|private\.\w+|current_setting)\('
"""
)

_EVERYBODY: Final[LiteralString] = (
    _POLICIES
    + """
select what
from policies
where 'public' = any (roles)
"""
)

_ALWAYS_TRUE: Final[LiteralString] = (
    _POLICIES
    + """
select what
from policies
where cmd <> 'SELECT'
  and roles && %(clients)s::name[]
  and 'true' in (qual, with_check)
"""
)

_NO_CHECK: Final[LiteralString] = (
    _POLICIES
    + """
select what
from policies
where cmd in ('UPDATE', 'ALL')
  and roles && (%(clients)s::name[] || 'public'::name)
  and with_check is null
"""
)

_METADATA: Final[LiteralString] = (
    _POLICIES
    + """
, texts as (
  select what, rule as text
  from policies
  union all
  select p.pronamespace::regnamespace || '.' || p.proname, pg_get_functiondef(p.oid)
  from pg_proc p
  where p.pronamespace = any (%(schemas)s::regnamespace[])
    and p.prokind in ('f', 'p')
  union all
  select c.relnamespace::regnamespace || '.' || c.relname, pg_get_viewdef(c.oid)
  from pg_class c
  where c.relnamespace = any (%(schemas)s::regnamespace[])
    and c.relkind in ('v', 'm')
)
select what
from texts
where text ~ 'user_meta_?data'
  and what <> all (%(carries_metadata)s)
"""
)

_VIEWS: Final = """
select c.oid::regclass
from pg_class c
where c.relnamespace = any (%(schemas)s::regnamespace[])
  and c.relkind = 'v'
  and not coalesce('security_invoker=true' = any (c.reloptions), false)
"""

_WITHOUT_ROWS_RIGHTS: Final = """
select c.oid::regclass
from pg_class c
where c.relkind in ('m', 'f')
  and (
    c.relnamespace = 'public'::regnamespace
    or c.relnamespace = any (%(schemas)s::regnamespace[]) and exists (
      select
      from unnest(%(roles)s::text[]) r (role)
      where has_any_column_privilege(r.role, c.oid, 'select')
    )
  )
"""

_DEAD_GRANTS: Final[LiteralString] = (
    _RIGHTS
    + """
select h.rolname || ' ' || h.verb || ' ' || h.name
from held h
where h.granted
  and not exists (
    select
    from pg_policy p
    where p.polrelid = h.oid
      and p.polpermissive
      and p.polcmd in (h.letter::"char", '*')
      and p.polroles && array[h.role, 0::oid]
  )
"""
)

_DEAD_POLICIES: Final[LiteralString] = (
    _RIGHTS
    + """
select h.rolname || ' ' || h.verb || ' ' || h.name || ' ' || p.polname
from held h
join pg_policy p on p.polrelid = h.oid
where not h.granted
  and p.polcmd in (h.letter::"char", '*')
  and p.polroles && array[h.role]
"""
)

# What a policy compares with the caller is an id: the caller's own, or one that leads to it.
_POLICY_COLUMNS: Final = """
select distinct p.polname || ' ' || a.attrelid::regclass || '.' || a.attname
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where c.relnamespace = any (%(schemas)s::regnamespace[])
  and d.refclassid = 'pg_class'::regclass
  and d.refobjsubid > 0
  and p.polcmd <> 'a'
  and a.atttypid in ('uuid'::regtype, 'bigint'::regtype)
  and not exists (
    select
    from pg_index i
    where i.indrelid = a.attrelid
      and i.indisvalid
      and i.indkey[0] = a.attnum
      and (
        i.indpred is null
        or pg_get_expr(i.indpred, i.indrelid) = '(' || quote_ident(a.attname) || ' IS NOT NULL)'
      )
  )
"""

_FOREIGN_KEYS: Final = """
select c.conrelid::regclass || ' ' || c.conname
from pg_constraint c
where c.contype = 'f'
  and c.connamespace = any (%(schemas)s::regnamespace[])
  and not exists (
    select
    from pg_index i
    where i.indrelid = c.conrelid
      and i.indisvalid
      and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey
      and (
        i.indpred is null
        or pg_get_expr(i.indpred, i.indrelid) = (
          select '(' || quote_ident(a.attname) || ' IS NOT NULL)'
          from pg_attribute a
          where a.attrelid = c.conrelid
            and a.attnum = c.conkey[1]
        )
      )
  )
"""

_OWN_ROWS: Final = """
select c.relname, n.nspname, p.polcmd::text, (
    select min(a.attname)
    from pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and has_column_privilege('authenticated', c.oid, a.attnum, 'update')
  ), p.polname
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s)
  and p.polcmd in ('r', 'w', 'd')
  and p.polroles && array['authenticated'::regrole::oid]
  and pg_get_expr(p.polqual, p.polrelid) ~ 'auth\\.uid'
order by n.nspname, c.relname, p.polname
"""
_STATEMENTS: Final[dict[str, LiteralString]] = {
    "r": "select from {table}",
    "w": "update {table} set {column} = {column}",
    "d": "delete from {table}",
}


def _reads_everybodys_rows(connection: Connection) -> list[str]:
    """Policies whose rows are not looked up: a caller's own are found by reading everybody's.

    That there is an index does not say so: `x in (select …)` is worked out row by row in a policy,
    and so is the caller in an array of columns.
    """
    found = []
    for table, schema, verb, column, policy in connection.execute(_OWN_ROWS, PARAMETERS).fetchall():
        statement = sql.SQL(_STATEMENTS[verb]).format(
            table=sql.Identifier(schema, table), column=sql.Identifier(column or "")
        )
        with acting_as(connection, "authenticated", ANN):
            connection.execute("set local enable_seqscan = off")
            row = connection.execute(
                sql.SQL("explain (format json) {}").format(statement)
            ).fetchone()
        assert row is not None
        if any(_is_read_through(node, table) for node in _nodes(row[0][0]["Plan"])):
            found.append(f"{schema}.{table} {policy}")
    return found


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from _nodes(inner)


def _is_read_through(node: dict[str, Any], table: str) -> bool:
    """Whether the node reads a table or an index from end to end."""
    if node["Node Type"] == "Seq Scan":
        return bool(node["Relation Name"] == table)
    return "Index Name" in node and "Index Cond" not in node


LINTS: Final[dict[str, Lint]] = {
    "a table without row-level security": _finds(_ROW_LEVEL_SECURITY),
    "a function that searches a path": _finds(_SEARCH_PATH),
    "a function with its owner's rights that nobody meant for clients": _finds(_DEFINERS),
    "a function or table of another owner": _finds(_OWNERS),
    "a policy that asks for every row who is calling": _finds(_BARE_CALLER),
    "a policy for everybody": _finds(_EVERYBODY),
    "a policy that lets clients write whatever they like": _finds(_ALWAYS_TRUE),
    "a policy of updates that does not say what a row may become": _finds(_NO_CHECK),
    "a decision by metadata that users edit": _finds(_METADATA),
    "a view with its owner's rights": _finds(_VIEWS),
    "a relation that row-level security cannot cover": _finds(_WITHOUT_ROWS_RIGHTS),
    "a grant that no policy lives up to": _finds(_DEAD_GRANTS),
    "a policy without the grant": _finds(_DEAD_POLICIES),
    "a policy's id without an index": _finds(_POLICY_COLUMNS),
    "a policy that reads everybody's rows": _reads_everybodys_rows,
    "a foreign key without an index": _finds(_FOREIGN_KEYS),
}
