"""What a plain database has after the bootstrap, on the newest and the oldest PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors, sql

from local.gateway.bootstrap import (
    BootstrapError,
    bootstrap,
    check_request_roles,
    read_steps,
)
from local.gateway.keys import LocalKeys
from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.postgres import BIN_VARIABLE, Server, start_postgres
from tests.gateway.harness import PASSWORD, fresh_email, serve

OLDEST_BIN = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="module")
def oldest_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not OLDEST_BIN.exists():
        pytest.skip("PostgreSQL 15 is not installed here")
    state = State(root=tmp_path_factory.mktemp("oldest"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(BIN_VARIABLE, str(OLDEST_BIN))
        with Supervisor(state) as supervisor:
            yield start_postgres(supervisor, state, Ports.free().postgres, durable=False)


@pytest.fixture(params=["gateway_postgres", "oldest_postgres"])
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def database(server: Server) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"bare_{uuid4().hex[:8]}"
    with psycopg.connect(server.url, autocommit=True) as owner:
        owner.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield server.url.replace("/postgres?", f"/{name}?")
        owner.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def as_user(database: str, role: str) -> str:
    """The same database's URL for another user."""
    head, tail = database.split("@", 1)
    return f"{head.split('//')[0]}//{role}:secret@{tail}"


def test_every_step_is_taken_and_again_without_harm(database: str) -> None:
    assert bootstrap(database) == []
    assert bootstrap(database) == []
    check_request_roles(database)


def test_roles_are_what_supabase_makes_them(database: str) -> None:
    bootstrap(database)

    with psycopg.connect(database) as connection:
        roles = connection.execute(
            """
            select rolname, rolcanlogin, rolinherit, rolbypassrls
            from pg_roles
            where rolname in ('anon', 'authenticated', 'service_role', 'authenticator')
            order by rolname
            """
        ).fetchall()

    assert roles == [
        ("anon", False, False, False),
        ("authenticated", False, False, False),
        ("authenticator", True, False, False),
        ("service_role", False, False, True),
    ]


def test_authenticator_becomes_the_request_roles_and_nothing_by_itself(database: str) -> None:
    bootstrap(database, authenticator_password="secret")
    url = as_user(database, "authenticator")

    check_request_roles(url)
    with (
        psycopg.connect(url) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute("select id from auth.users")


def test_what_a_migration_makes_in_public_is_open_until_it_says_otherwise(database: str) -> None:
    bootstrap(database)

    with psycopg.connect(database) as connection:
        connection.execute("create table public.careless (id int)")
        connection.execute("create function public.careless() returns int return 1")
        open_to = connection.execute(
            """
            select
              rolname,
              has_table_privilege(oid, 'public.careless', 'select, insert, update, delete'),
              has_function_privilege(oid, 'public.careless()', 'execute')
            from pg_roles
            where rolname in ('anon', 'authenticated', 'service_role')
            order by rolname
            """
        ).fetchall()

    assert open_to == [
        ("anon", True, True),
        ("authenticated", True, True),
        ("service_role", True, True),
    ]


READABLE = """
    select array_agg(rolname::text order by rolname)
    from pg_roles
    where rolname in ('anon', 'authenticated', 'service_role')
      and has_table_privilege(oid, %s::regclass, 'select, insert')
"""


def test_what_public_held_before_is_open_too_but_for_what_was_said_of_it(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("create role keeper_of_before")
        connection.execute("create table public.untouched (id serial primary key)")
        connection.execute("create table public.granted (id int)")
        connection.execute("grant select on public.granted to keeper_of_before")
        connection.execute("create function public.closed() returns int return 1")
        connection.execute("revoke execute on function public.closed() from public")

    try:
        assert bootstrap(database) == []
        with psycopg.connect(database, autocommit=True) as connection:
            untouched = connection.execute(READABLE, ["public.untouched"]).fetchone()
            granted = connection.execute(READABLE, ["public.granted"]).fetchone()
            apart = connection.execute(
                """
                select
                  has_sequence_privilege('anon', 'public.untouched_id_seq', 'usage'),
                  has_function_privilege('anon', 'public.closed()', 'execute'),
                  has_function_privilege('service_role', 'public.closed()', 'execute')
                """
            ).fetchone()
            connection.execute("revoke all on public.untouched from service_role")
            bootstrap(database)
            later = connection.execute(READABLE, ["public.untouched"]).fetchone()
    finally:
        with psycopg.connect(database) as connection:
            connection.execute("drop owned by keeper_of_before")
            connection.execute("drop role keeper_of_before")

    assert untouched == (["anon", "authenticated", "service_role"],)
    assert granted == (["service_role"],)
    assert apart == (True, False, True)
    assert later == (["anon", "authenticated"],)


def test_a_database_without_the_schema_public_gets_one(database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute("drop schema public")

    assert bootstrap(database) == []

    with psycopg.connect(database) as connection:
        connection.execute("create table public.made (id int)")
        assert connection.execute(READABLE, ["public.made"]).fetchone() == (
            ["anon", "authenticated", "service_role"],
        )


def test_the_accounts_are_nobodys_to_read_over_the_api(database: str) -> None:
    bootstrap(database)

    for role in ("anon", "authenticated", "service_role"):
        for table in ("auth.users", "auth.refresh_tokens", "local_gateway.mails"):
            with psycopg.connect(database) as connection:
                connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(f"select * from {table}".encode())  # noqa: S608


def test_the_claims_of_a_request_answer_who_is_asking(database: str) -> None:
    bootstrap(database)
    user_id = str(uuid4())
    claims = f'{{"sub": "{user_id}", "role": "authenticated", "email": "a@b.c", "n": 1}}'

    with psycopg.connect(database) as connection:
        anonymous = connection.execute(
            "select auth.uid(), auth.role(), auth.email(), auth.jwt()"
        ).fetchone()
        connection.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        known = connection.execute(
            "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'n'"
        ).fetchone()

    assert anonymous == (None, None, None, None)
    assert known == (user_id, "authenticated", "a@b.c", "1")


def test_a_change_of_schema_is_announced_and_a_temporary_one_is_not(database: str) -> None:
    bootstrap(database)

    with (
        psycopg.connect(database, autocommit=True) as listener,
        psycopg.connect(database, autocommit=True) as migration,
    ):
        listener.execute("listen pgrst")
        migration.execute("create temporary table passing (id int)")
        migration.execute("drop table passing")
        assert list(listener.notifies(timeout=0.1, stop_after=1)) == []
        migration.execute("create table public.lasting (id int)")
        migration.execute("drop table public.lasting")
        heard = [notice.payload for notice in listener.notifies(timeout=2, stop_after=2)]

    assert heard == ["reload schema"] * 2


def test_a_schema_named_auth_that_has_supabases_tables_is_kept(database: str) -> None:
    bootstrap(database)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop table auth.flow_state")
        connection.execute(
            "create or replace function auth.role() returns text language sql as $$select 'mine'$$"
        )

    bootstrap(database)

    with psycopg.connect(database) as connection:
        assert connection.execute("select auth.role()").fetchone() == ("mine",)
        assert connection.execute("select count(*) from auth.flow_state").fetchone() == (0,)


def test_a_schema_named_auth_that_is_someone_elses_is_refused_by_name(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("create schema auth")
        connection.execute("create table auth.users (id uuid primary key, name text)")

    with pytest.raises(BootstrapError, match=r"auth\."):
        bootstrap(database)


def test_a_user_without_the_rights_is_told_which_step_failed(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop role if exists nobody_special")
        connection.execute("create role nobody_special login password 'secret'")

    with pytest.raises(BootstrapError, match=r"nobody_special .*step '(roles|schemas)'"):
        bootstrap(as_user(database, "nobody_special"))
    with pytest.raises(BootstrapError, match="may not SET ROLE to anon"):
        check_request_roles(as_user(database, "nobody_special"))


def test_an_owner_who_is_no_superuser_is_told_what_was_skipped_and_can_be_served(
    database: str, project_keys: LocalKeys
) -> None:
    bootstrap(database)  # The roles belong to the cluster: they exist from here on.
    with psycopg.connect(database, autocommit=True) as connection:
        owner = f"owner_{connection.info.dbname}"
        name = sql.Identifier(owner)
        connection.execute(sql.SQL("create role {} login password 'secret'").format(name))
        connection.execute(sql.SQL("grant anon, authenticated, service_role to {}").format(name))
        connection.execute(sql.SQL("create database {0} owner {0}").format(name))
        url = as_user(database, owner).replace(f"/{connection.info.dbname}?", f"/{owner}?")
        try:
            skipped = bootstrap(url)
            check_request_roles(url)
            with serve(url, project_keys) as gateway:
                answer = gateway.auth(
                    "POST", "/signup", json={"email": fresh_email(), "password": PASSWORD}
                )
        finally:
            connection.execute(sql.SQL("drop database {} with (force)").format(name))
            connection.execute(sql.SQL("drop role {}").format(name))

    assert answer.status_code == 200
    assert [skip.step for skip in skipped] == [
        "extensions",
        "default privileges in public of postgres and supabase_admin",
        "auth tables belong to supabase_auth_admin",
        "schema cache reload",
    ]


def test_an_address_where_no_database_answers_is_one_clear_line() -> None:
    with pytest.raises(BootstrapError) as refusal:
        bootstrap("postgresql://nobody@127.0.0.1:1/none")

    assert str(refusal.value).startswith("cannot reach the database: ")
    assert "\n" not in str(refusal.value)


def test_every_step_of_the_script_has_a_name_and_statements() -> None:
    steps = read_steps()

    assert len({step.name for step in steps}) == len(steps) > 20
    assert all(step.statements.strip().endswith(";") for step in steps)
