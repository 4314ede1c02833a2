"""Who may do what in the database, by its own catalogue: grants, policies, views, functions.

Everything is read in an order that is the same each time. `local.documents.rls` makes a page of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection
from psycopg.rows import dict_row

SCHEMAS = ("public", "private", "ledger")
ROLES = ("anon", "authenticated", "service_role", "limelight_backend")
BACKEND = "limelight_backend"
UNDER_POLICIES = ("select", "insert", "update", "delete")
ELSEWHERE = "elsewhere"
VERBS = (*UNDER_POLICIES, "truncate", "references", "trigger")

_HISTORY = """
select s.name, array_to_string(s.statements, ';') as text
from supabase_migrations.schema_migrations s
order by s.version
"""
_MAKES = re.compile(r"create (?:unlogged )?(?:table|view) (\w+\.\w+)")

_RELATIONS = """
select
  n.nspname || '.' || c.relname as name,
  c.relkind = 'v' as is_view,
  coalesce('security_invoker=true' = any (c.reloptions), false) as asks_as_reader,
  c.relrowsecurity as has_policies,
  array(
    select a.attname::text
    from pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
    order by a.attnum
  ) as columns,
  array(
    select distinct t.relnamespace::regnamespace || '.' || t.relname
    from pg_rewrite w
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
    join pg_class t on t.oid = d.refobjid
    where w.ev_class = c.oid
      and d.refclassid = 'pg_class'::regclass
      and t.oid <> c.oid
    order by 1
  ) as shows
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (%(schemas)s)
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
order by n.nspname <> 'public', n.nspname, c.relname
"""

_GRANTS = """
select
  n.nspname || '.' || c.relname as relation,
  r.role,
  v.verb,
  has_table_privilege(r.role, c.oid, v.verb) as whole,
  array(
    select a.attname::text
    from pg_attribute a
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and v.verb in ('select', 'insert', 'update', 'references')
      and has_column_privilege(r.role, c.oid, a.attnum, v.verb)
    order by a.attnum
  ) as columns
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join unnest(%(roles)s::text[]) with ordinality r (role, place)
cross join unnest(%(verbs)s::text[]) with ordinality v (verb, place)
where n.nspname = any (%(schemas)s)
  and c.relkind in ('r', 'p', 'v', 'm', 'f')
  and case
      when v.verb in ('select', 'insert', 'update', 'references')
        then has_any_column_privilege(r.role, c.oid, v.verb)
      else has_table_privilege(r.role, c.oid, v.verb)
    end
order by relation, r.place, v.place
"""

_POLICIES = """
select
  schemaname || '.' || tablename as relation,
  policyname as name,
  permissive = 'PERMISSIVE' as is_permissive,
  roles::text[] as roles,
  lower(cmd) as verb,
  qual as using,
  with_check as check
from pg_policies
where schemaname = any (%(schemas)s)
   or policyname like 'limelight%%'
order by relation, name
"""

_FUNCTIONS = """
select
  n.nspname || '.' || p.proname as name,
  p.prosecdef as as_owner,
  p.prorettype = 'trigger'::regtype as is_trigger,
  array(
    select r.role
    from unnest(%(roles)s::text[]) with ordinality r (role, place)
    where has_function_privilege(r.role, p.oid, 'execute')
    order by r.place
  ) as roles
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where n.nspname = any (%(schemas)s)
order by n.nspname <> 'public', n.nspname, p.proname, p.oid::regprocedure::text
"""

_BYPASSING = """
select r.rolname as name
from pg_roles r
where r.rolname = any (%(roles)s)
  and r.rolbypassrls
order by 1
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """One verb that one role may use on a table. `columns` is None for the whole table."""

    role: str
    verb: str
    columns: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Which rows its roles may touch with its verb; `all` is every verb. SQL as it is printed."""

    name: str
    roles: tuple[str, ...]
    verb: str
    is_permissive: bool
    using: str | None
    check: str | None

    def covers(self, role: str, verb: str) -> bool:
        return role in self.roles and self.verb in (verb, "all")


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or a view. Its domain is the name of the migration that makes it; `shows` are the
    relations that a view reads."""

    name: str
    domain: str
    is_view: bool
    asks_as_reader: bool
    has_policies: bool
    columns: tuple[str, ...]
    shows: tuple[str, ...]
    grants: tuple[Grant, ...]
    policies: tuple[Policy, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """A function and who may execute it; `as_owner` is SECURITY DEFINER."""

    name: str
    as_owner: bool
    is_trigger: bool
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rights:
    """All of it. `elsewhere` are our policies on tables that are not ours."""

    relations: tuple[Relation, ...]
    functions: tuple[Function, ...]
    bypassing: tuple[str, ...]
    """The roles that row-level security does not hold."""
    elsewhere: dict[str, tuple[Policy, ...]]


def read_rights(connection: Connection[Any]) -> Rights:
    """What a migrated database grants. Every name is printed with its schema."""
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('search_path', '', true)")
        return _read(connection)


def _read(connection: Connection[Any]) -> Rights:
    grants: dict[str, list[Grant]] = defaultdict(list)
    for row in _rows(connection, _GRANTS):
        whole, columns = row["whole"], row["columns"]
        grants[row["relation"]].append(Grant(row["role"], row["verb"], None if whole else columns))
    policies: dict[str, list[Policy]] = defaultdict(list)
    for row in _rows(connection, _POLICIES):
        row["roles"] = _held(row["roles"])
        policies[row.pop("relation")].append(Policy(**row))
    domains = _domains(connection)
    relations = [
        Relation(
            **row,
            domain=domains.get(row["name"], ELSEWHERE),
            grants=tuple(grants[row["name"]]),
            policies=tuple(policies.pop(row["name"], [])),
        )
        for row in _rows(connection, _RELATIONS)
    ]
    order = [*dict.fromkeys(domains.values()), ELSEWHERE]
    return Rights(
        relations=tuple(sorted(relations, key=lambda one: order.index(one.domain))),
        functions=tuple(Function(**row) for row in _rows(connection, _FUNCTIONS)),
        bypassing=tuple(row["name"] for row in _rows(connection, _BYPASSING)),
        elsewhere={table: tuple(ours) for table, ours in policies.items()},
    )


def _domains(connection: Connection[Any]) -> dict[str, str]:
    """The migration that makes each table and view, oldest first, from the history."""
    domains: dict[str, str] = {}
    for row in _rows(connection, _HISTORY):
        for relation in _MAKES.findall(row["text"] or ""):
            domains.setdefault(relation, row["name"])
    return domains


def _rows(connection: Connection[Any], query: LiteralString) -> Iterator[dict[str, Any]]:
    parameters = {"schemas": list(SCHEMAS), "roles": list(ROLES), "verbs": list(VERBS)}
    with connection.cursor(row_factory=dict_row) as cursor:
        for row in cursor.execute(query, parameters):
            yield {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in row.items()
            }


def _held(roles: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that a policy is for: `public` is all of them."""
    return ROLES if "public" in roles else tuple(role for role in ROLES if role in roles)
