"""Known mistakes of row-level security, of security definer functions and of column types."""

from typing import LiteralString

import pytest
from psycopg import errors, sql

from tests.database.conftest import Connection

SCHEMAS = ("public", "private", "ledger")

MAY_EXECUTE = {
    "anon": {"public.check_username", "public.take_address_rate"},
    "authenticated": {
        "public.check_username",
        "private.is_active",
        "private.is_fan",
        "private.is_creator",
        "public.username_status",
        "public.change_username",
        "public.send_message",
        "public.send_locked_message",
        "public.my_conversations",
        "public.conversation_messages",
        "public.mark_conversation_read",
        "public.unread_count",
        "public.request_message",
        "public.my_message_requests",
        "public.answer_message_request",
        "private.is_valid_username",
    },
    "service_role": {
        "public.approve_creator_application",
        "public.reject_creator_application",
        "public.desk_users",
        "public.desk_set_role",
        "public.desk_verify",
        "public.desk_suspend",
        "public.desk_unsuspend",
        "public.desk_delete_user",
        "public.desk_stats",
        "public.desk_analytics",
    },
}


def names(connection: Connection, query: str, *params: object) -> list[str]:
    return [str(row[0]) for row in connection.execute(query, params)]


def test_every_table_has_row_level_security(database: Connection) -> None:
    assert (
        names(
            database,
            """
            select c.oid::regclass
            from pg_class c
            where c.relnamespace = any (%s::regnamespace[])
              and c.relkind in ('r', 'p')
              and not c.relrowsecurity
            """,
            list(SCHEMAS),
        )
        == []
    )


def test_every_view_asks_with_the_rights_of_whoever_reads_it(database: Connection) -> None:
    assert (
        names(
            database,
            """
            select c.oid::regclass
            from pg_class c
            where c.relnamespace = any (%s::regnamespace[])
              and c.relkind = 'v'
              and not coalesce('security_invoker=true' = any (c.reloptions), false)
            """,
            list(SCHEMAS),
        )
        == []
    )


def test_every_function_has_an_empty_search_path(database: Connection) -> None:
    assert (
        names(
            database,
            """
            select p.oid::regprocedure
            from pg_proc p
            where p.pronamespace = any (%s::regnamespace[])
              and not coalesce('search_path=""' = any (p.proconfig), false)
            """,
            list(SCHEMAS),
        )
        == []
    )


@pytest.mark.parametrize("role", MAY_EXECUTE)
def test_an_api_role_executes_the_functions_meant_for_it(database: Connection, role: str) -> None:
    found = names(
        database,
        """
        select p.pronamespace::regnamespace || '.' || p.proname
        from pg_proc p
        where p.pronamespace = any (%s::regnamespace[])
          and has_function_privilege(%s, p.oid, 'execute')
        """,
        list(SCHEMAS),
        role,
    )

    assert set(found) == MAY_EXECUTE[role]


def test_the_ledger_is_executed_by_the_backend_alone(database: Connection) -> None:
    found = names(
        database,
        """
        select distinct acl.grantee::regrole
        from pg_proc p
        cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
        where p.pronamespace = 'ledger'::regnamespace
          and acl.grantee <> p.proowner
        """,
    )

    assert found == ["limelight_backend"]


def test_every_policy_names_its_role(database: Connection) -> None:
    assert (
        names(
            database,
            "select tablename || '.' || policyname from pg_policies where 'public' = any (roles)",
        )
        == []
    )


def test_every_policy_asks_once_a_statement_who_is_calling(database: Connection) -> None:
    """`auth.uid()` bare would be called for every row; in a sub-select it is called once."""
    assert (
        names(
            database,
            """
            select tablename || '.' || policyname
            from pg_policies
            where regexp_replace(
                coalesce(qual, '') || coalesce(with_check, ''),
                'SELECT (auth\\.uid|private\\.is_(active|fan|creator))\\(\\)', '', 'g'
              ) ~ '(auth\\.uid|private\\.is_\\w+)\\('
            """,
        )
        == []
    )


def test_every_foreign_key_has_an_index(database: Connection) -> None:
    assert (
        names(
            database,
            """
            select c.conrelid::regclass || ' ' || c.conname
            from pg_constraint c
            where c.contype = 'f'
              and c.connamespace = any (%s::regnamespace[])
              and not exists (
                select
                from pg_index i
                where i.indrelid = c.conrelid
                  and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey
                  and (
                    i.indpred is null
                    or pg_get_expr(i.indpred, i.indrelid) = format('(%%s IS NOT NULL)', (
                      select a.attname
                      from pg_attribute a
                      where a.attrelid = c.conrelid
                        and a.attnum = c.conkey[1]
                    ))
                  )
              )
            """,
            list(SCHEMAS),
        )
        == []
    )


def test_moments_have_a_time_zone_and_amounts_are_whole(database: Connection) -> None:
    assert (
        names(
            database,
            """
            select format('%%s.%%s %%s', table_name, column_name, data_type)
            from information_schema.columns
            where table_schema = any (%s)
              and data_type in (
                'timestamp without time zone', 'time with time zone', 'real', 'double precision',
                'numeric', 'money'
              )
            """,
            list(SCHEMAS),
        )
        == []
    )


@pytest.mark.parametrize("table", ["transfers", "entries"])
@pytest.mark.parametrize(
    "statement", ["update {} set created_at = created_at", "delete from {}", "truncate {} cascade"]
)
def test_not_even_the_owner_rewrites_the_ledger(
    database: Connection, table: str, statement: LiteralString
) -> None:
    with pytest.raises(errors.RestrictViolation):
        database.execute(sql.SQL(statement).format(sql.Identifier(table)))
