"""The SQL door: through the pooler, with TLS, at most three connections, none before its time."""

import subprocess
import sys
import threading

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from lambda_pool.errors import NestedCheckout
from limelight.data import system
from limelight.data.errors import DataError
from limelight.data.system import Query, pooler_conninfo
from local.host.state import PROJECT
from local.services.backing import Backing
from tests.integration.ledger import nothing_moves
from tests.integration.people import Owner, Person

POOLER = "postgresql://limelight_backend:p%40ss@db.example.com:6543/postgres"
ONE = Query("tests.one", "select 1 as one")


# Where it connects


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a:b@db.example.com:5432/postgres",
        "postgresql://a:b@db.example.com/postgres",
        "host=db.example.com port=5432 dbname=postgres",
        "host=db.example.com dbname=postgres",
    ],
)
def test_the_direct_port_is_for_migrations_alone(url: str) -> None:
    with pytest.raises(system.ConfigurationError) as caught:
        pooler_conninfo(url)

    assert "db.example.com" not in str(caught.value)


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("", "require"),
        ("?sslmode=disable", "require"),
        ("?sslmode=allow", "require"),
        ("?sslmode=prefer", "require"),
        ("?sslmode=require", "require"),
        ("?sslmode=verify-ca", "verify-ca"),
        ("?sslmode=verify-full", "verify-full"),
    ],
)
def test_tls_is_the_least_and_may_be_more(asked: str, used: str) -> None:
    assert conninfo_to_dict(pooler_conninfo(POOLER + asked))["sslmode"] == used


def test_everything_else_of_the_address_is_kept() -> None:
    given = conninfo_to_dict(pooler_conninfo(POOLER))

    assert (given["host"], given["port"], given["dbname"]) == ("db.example.com", "6543", "postgres")
    assert (given["user"], given["password"]) == ("limelight_backend", "p@ss")
    assert given["application_name"] == "limelight"


def test_the_connection_is_encrypted(backing: Backing) -> None:
    if not backing.pooler:
        pytest.skip("there is no pooler here that speaks TLS")

    with psycopg.connect(pooler_conninfo(backing.pooler_url)) as connection:
        assert connection.pgconn.ssl_in_use


def test_the_backend_is_a_role_of_its_own(backing: Backing) -> None:
    row = system.fetch_one(
        Query(
            "tests.role",
            """
            select current_user as role, rolsuper or rolbypassrls as above_the_rules
            from pg_catalog.pg_roles where rolname = current_user
            """,
        )
    )

    assert row == {"role": "limelight_backend", "above_the_rules": False}


# When it connects


def test_nothing_happens_before_the_first_query() -> None:
    program = """
import socket, sys, threading
def refuse(*_, **__): raise AssertionError("a socket at import")
socket.socket.connect = refuse
import limelight.data.system as system
assert threading.active_count() == 1, threading.enumerate()
assert system.pool.stats() == (0, 0, 0)
assert "supabase" not in sys.modules and "httpx" not in sys.modules
"""
    environment = {"PYTHONPATH": str(PROJECT / "layers" / "common")}

    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_a_query_leaves_one_connection_for_the_next(backing: Backing) -> None:
    system.close()

    for _ in range(3):
        system.fetch_all(ONE)

    assert system.pool.stats() == (1, 1, 0)


def test_a_closed_door_opens_again(backing: Backing) -> None:
    system.close()
    assert system.pool.stats() == (0, 0, 0)

    assert system.fetch_one(ONE) == {"one": 1}


def test_a_crowd_gets_three_connections(backing: Backing) -> None:
    system.close()
    nap = Query("tests.nap", "select pg_sleep(0.02)::text as nap")
    most: list[int] = []
    answers: list[object] = []

    def ask() -> None:
        answers.extend(system.fetch_all(nap))
        most.append(system.pool.stats().open)

    threads = [threading.Thread(target=ask) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(answers) == 9
    assert max(most) <= system.MAX_CONNECTIONS == 3


# What it sends


def test_the_database_sees_the_name_of_a_query(backing: Backing) -> None:
    seen = system.fetch_one(
        Query(
            "tests.tag",
            """
            select query
            from pg_catalog.pg_stat_activity
            where pid = pg_backend_pid()
            """,
        )
    )

    assert seen is not None
    assert "/* tests.tag */" in seen["query"]


def test_no_statement_is_prepared_however_often_it_runs(backing: Backing) -> None:
    for number in range(12):
        system.fetch_all(Query("tests.same", "select %(n)s::int as n"), {"n": number})

    left = system.fetch_all(
        Query("tests.left", "select name from pg_catalog.pg_prepared_statements")
    )

    assert left == []


def test_names_are_always_qualified_because_nothing_is_searched(backing: Backing) -> None:
    with pytest.raises(DataError) as caught:
        system.fetch_all(Query("tests.bare", "select 1 from users"))

    assert caught.value.code == "42P01"
    assert str(caught.value) == "42P01"


# Transactions

PROMO = Query(
    "tests.promo",
    """
    select response
    from ledger.adjust(%(id)s, %(id)s, 5, 'a test', gen_random_uuid()::text, 'hash', 'request')
    """,
)


def test_a_transaction_stands_or_falls_as_one(owner: Owner, fan: Person) -> None:
    def give_and_fail() -> None:
        with system.transaction() as transaction:
            assert transaction.fetch_one(PROMO, {"id": fan.id}) is not None
            raise ZeroDivisionError

    with nothing_moves(owner), pytest.raises(ZeroDivisionError):
        give_and_fail()

    with system.transaction() as transaction:
        transaction.fetch_one(PROMO, {"id": fan.id})
        transaction.fetch_one(PROMO, {"id": fan.id})

    kept = owner.execute("select balance from balances where user_id = %s", (fan.id,)).fetchone()
    assert kept == (10,)


def test_a_second_transaction_inside_the_first_is_refused(backing: Backing) -> None:
    with system.transaction() as transaction:
        with pytest.raises(NestedCheckout), system.transaction():
            pytest.fail("the inner transaction began")
        with pytest.raises(NestedCheckout):
            system.fetch_all(ONE)

        assert transaction.fetch_one(ONE) == {"one": 1}

    assert system.fetch_one(ONE) == {"one": 1}


def test_what_a_transaction_sets_for_itself_ends_with_it(backing: Backing) -> None:
    with system.transaction() as transaction:
        transaction.fetch_all(
            Query("tests.set", "select set_config('app.secret', 'mine', true) as secret")
        )

    left = system.fetch_one(
        Query("tests.left", "select coalesce(current_setting('app.secret', true), '') as secret")
    )

    assert left == {"secret": ""}
