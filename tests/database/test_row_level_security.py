"""Every table, every role, every verb: what tests/database/rights.py does not say is denied."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, LiteralString

import pytest
from psycopg import errors, sql

from tests.database.conftest import ADA, ANN, BEN, CLEO, SAM, Connection, acting_as
from tests.database.rights import (
    ACTORS,
    EXPECTED,
    MAY_EXECUTE,
    READ_BY_THE_BACKEND,
    ROLES,
    Access,
    Columns,
    Reach,
    expected,
)

WHO: Final = {
    "anon": ("anon", None),
    "fan": ("authenticated", ANN),
    "another fan": ("authenticated", BEN),
    "suspended": ("authenticated", SAM),
    "creator": ("authenticated", CLEO),
    "admin": ("authenticated", ADA),
    "service": ("service_role", None),
    "backend": ("limelight_backend", None),
}
"""The database role of each of the actors, and whose token comes with it."""


def tables(connection: Connection) -> list[str]:
    """Every table and view, by qualified name."""
    found = connection.execute(
        """
        select n.nspname || '.' || c.relname
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private', 'ledger')
          and c.relkind in ('r', 'v', 'm', 'p', 'f')
        order by 1
        """
    )
    return [str(name) for (name,) in found]


def access(connection: Connection, actor: str, table: str) -> Access:
    """What `actor` can do: rights as they are granted, rows as statements touch them."""
    role, user_id = WHO[actor]
    total = count(connection, table)
    columns = {
        privilege: columns_with(connection, role, table, privilege)
        for privilege in ("select", "insert", "update")
    }
    every = columns_with(connection, "postgres", table, "select")
    more = others(connection, role, table)
    with acting_as(connection, role, user_id):
        return Access(
            select=reach(connection, table, "select from {}", total),
            hidden=every - columns["select"] if columns["select"] else frozenset(),
            insert=columns["insert"] if lets_a_row_in(connection, table) else frozenset(),
            update=columns["update"],
            changes=reach(
                connection, table, "update {} set {} = {}", total, *some(columns["update"] or every)
            ),
            delete=reach(connection, table, "delete from {}", total),
            others=more,
        )


def some(columns: Columns) -> tuple[str, str]:
    """The column that an update gives the value it has."""
    column = min(columns)
    return column, column


def count(connection: Connection, table: str) -> int:
    total = connection.execute(statement("select from {}", table)).rowcount
    assert total, f"{table} is empty: nothing could be seen of it"
    return total


def columns_with(connection: Connection, role: str, table: str, privilege: str) -> Columns:
    found = connection.execute(
        """
        select a.attname
        from pg_attribute a
        where a.attrelid = %(table)s::regclass
          and a.attnum > 0
          and not a.attisdropped
          and has_column_privilege(%(role)s, a.attrelid, a.attnum, %(privilege)s)
        """,
        {"role": role, "table": table, "privilege": privilege},
    )
    return frozenset(str(name) for (name,) in found)


def others(connection: Connection, role: str, table: str) -> frozenset[str]:
    privileges = ["truncate", "references", "trigger"]
    if connection.info.server_version >= 170000:
        privileges.append("maintain")
    found = connection.execute(
        """
        select p.privilege
        from unnest(%(privileges)s::text[]) p (privilege)
        where has_table_privilege(%(role)s, %(table)s, p.privilege)
        """,
        {"role": role, "table": table, "privileges": privileges},
    )
    return frozenset(str(name) for (name,) in found)


def reach(
    connection: Connection, table: str, text: LiteralString, total: int, *columns: str
) -> Reach:
    """The rows that the statement touches, which is undone."""
    try:
        with undone(connection):
            touched = connection.execute(statement(text, table, *columns)).rowcount
    except (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState):
        return "denied"  # without the right, or a view that nobody can write to
    return "none" if touched == 0 else "all" if touched == total else "own"


def lets_a_row_in(connection: Connection, table: str) -> bool:
    try:
        with undone(connection):
            connection.execute(statement("insert into {} default values", table))
    except (errors.InsufficientPrivilege, errors.ObjectNotInPrerequisiteState):
        return False
    except errors.IntegrityError:
        return True  # past the policies, which see the row before the constraints do
    return True


@contextmanager
def undone(connection: Connection) -> Iterator[None]:
    with connection.transaction(force_rollback=True):
        yield


def statement(text: LiteralString, table: str, *columns: str) -> sql.Composed:
    names = [sql.Identifier(column) for column in columns]
    return sql.SQL(text).format(sql.Identifier(*table.split(".")), *names)


@pytest.mark.parametrize("actor", ACTORS)
def test_a_role_may_do_what_is_written_down_and_nothing_else(
    database: Connection, actor: str
) -> None:
    found = {table: access(database, actor, table) for table in tables(database)}

    wrong = {
        table: {"is": one, "should be": expected(table, actor)}
        for table, one in found.items()
        if one != expected(table, actor)
    }
    assert wrong == {}


def test_what_is_written_down_is_there(database: Connection) -> None:
    """A table that is gone or renamed takes its lines with it."""
    assert (EXPECTED.keys() | READ_BY_THE_BACKEND) <= set(tables(database))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_calls_the_functions_meant_for_it_and_no_others(
    database: Connection, role: str
) -> None:
    found = database.execute(
        """
        select n.nspname || '.' || p.proname
        from pg_proc p
        join pg_namespace n on n.oid = p.pronamespace
        where n.nspname in ('public', 'private', 'ledger')
          and has_function_privilege(%s, p.oid, 'execute')
        """,
        [role],
    )

    assert {str(name) for (name,) in found} == MAY_EXECUTE[role]


def test_nobody_but_these_roles_is_granted_anything(database: Connection) -> None:
    """Neither PUBLIC, whose number is 0, nor a role that is not in the list; sequences to none."""
    found = database.execute(
        """
        with granted (what, acl, owner) as (
          select c.oid::regclass::text, c.relacl, c.relowner
          from pg_class c
          where c.relnamespace = any (%(schemas)s::regnamespace[])
          union all
          select a.attrelid::regclass || '.' || a.attname, a.attacl, c.relowner
          from pg_attribute a
          join pg_class c on c.oid = a.attrelid
          where c.relnamespace = any (%(schemas)s::regnamespace[])
          union all
          select
            p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner)), p.proowner
          from pg_proc p
          where p.pronamespace = any (%(schemas)s::regnamespace[])
        )
        select g.what, acl.grantee::regrole::text
        from granted g
        cross join lateral aclexplode(g.acl) acl
        where acl.grantee <> g.owner
          and (
            acl.grantee <> all (%(roles)s::regrole[])
            or g.what in (
              select c.oid::regclass::text
              from pg_class c
              where c.relkind = 'S'
            )
            or acl.is_grantable
          )
        """,
        {"schemas": ["public", "private", "ledger"], "roles": list(ROLES)},
    )

    assert found.fetchall() == []


@pytest.mark.parametrize(
    "table",
    [
        *("users", "wallets", "balances", "entries", "creator_applications", "stream_gifts"),
        *("holds", "payouts", "stream_tips", "calls", "show_tickets"),
    ],
)
def test_two_users_never_see_the_same_row(database: Connection, table: str) -> None:
    query = sql.SQL("select to_jsonb(t)::text from {} t").format(sql.Identifier("public", table))
    seen = []
    for person in (ANN, BEN):
        with acting_as(database, "authenticated", person):
            seen.append({row[0] for row in database.execute(query)})

    assert seen[0]
    assert seen[1]
    assert seen[0].isdisjoint(seen[1])


def test_a_user_changes_no_profile_but_their_own(database: Connection) -> None:
    with acting_as(database, "authenticated", ANN):
        changed = database.execute("update public.profiles set bio = 'mine'").rowcount

    assert changed == 1


def test_a_suspended_user_changes_nothing(database: Connection) -> None:
    with acting_as(database, "authenticated", SAM):
        assert database.execute("update public.profiles set bio = 'mine'").rowcount == 0
        with pytest.raises(errors.InsufficientPrivilege):
            database.execute(
                """
                insert into public.creator_applications
                  (display_name, bio, why_creator, content_type)
                values ('A', 'b', 'c', 'music')
                """
            )


MONEY: Final = (
    *("public.wallets", "public.transfers", "public.entries", "public.balances"),
    *("public.holds", "public.payouts", "public.purchases", "public.coin_packages"),
    *("public.stream_gifts", "public.stream_tips", "public.stream_tickets"),
    *("public.stream_supporters", "public.stream_income", "public.calls", "public.shows"),
    *("public.show_tickets", "public.message_unlocks"),
)


@pytest.mark.parametrize("actor", ACTORS)
def test_nobody_is_meant_to_write_to_a_money_table(database: Connection, actor: str) -> None:
    """The matrix shows that nobody can; this holds the matrix itself."""
    of_the_ledger = [table for table in tables(database) if table.startswith("ledger.")]

    for table in (*MONEY, *of_the_ledger):
        may = expected(table, actor)
        assert may == Access(select=may.select, hidden=may.hidden), table
