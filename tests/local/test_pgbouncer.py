"""The pooler behaves as the one in front of a Supabase project."""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import Connection

from local.host.ports import Ports
from local.host.processes import Supervisor
from local.host.state import State
from local.services.pgbouncer import MISSING, Pooler, find_pgbouncer, start_pgbouncer
from local.services.postgres import start_postgres

ROLE = "pooled"

pytestmark = pytest.mark.skipif(find_pgbouncer() is None, reason=MISSING)


@dataclass(frozen=True)
class Pooled:
    pooler: Pooler
    url: str


@pytest.fixture(scope="module")
def pooled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pooled]:
    state = State(root=tmp_path_factory.mktemp("pooled"))
    ports = Ports.free()
    password = state.password(ROLE)
    with Supervisor(state) as supervisor:
        server = start_postgres(supervisor, state, ports.postgres, durable=False)
        with psycopg.connect(server.url) as owner:
            owner.execute(f"create role {ROLE} login password '{password}'".encode())
        pooler = start_pgbouncer(supervisor, state, server, ports.pooler, {ROLE: password})
        assert pooler is not None
        yield Pooled(pooler, pooler.url(ROLE, password))


def connect(url: str, *, prepare_threshold: int | None = None) -> Connection:
    return psycopg.connect(url, autocommit=True, prepare_threshold=prepare_threshold)


def backend_of(connection: Connection) -> int:
    row = connection.execute("select pg_backend_pid()").fetchone()
    assert row is not None
    return int(row[0])


def test_a_client_that_will_not_speak_tls_is_refused(pooled: Pooled) -> None:
    plain = pooled.url.replace("sslmode=require", "sslmode=disable")

    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        connect(plain)


def test_the_servers_certificate_can_be_verified_in_full(pooled: Pooled) -> None:
    verified = pooled.url.replace("sslmode=require", "sslmode=verify-full")

    with connect(f"{verified}&sslrootcert={pooled.pooler.authority}") as connection:
        assert connection.pgconn.ssl_in_use


def test_a_wrong_password_is_refused(pooled: Pooled) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        connect(pooled.pooler.url(ROLE, "wrong"))


def test_two_clients_share_one_server_connection_between_transactions(pooled: Pooled) -> None:
    with connect(pooled.url) as one, connect(pooled.url) as other:
        assert backend_of(one) == backend_of(other)


def test_a_transaction_keeps_its_server_connection_to_itself(pooled: Pooled) -> None:
    with connect(pooled.url) as one, connect(pooled.url) as other, one.transaction():
        assert backend_of(one) != backend_of(other)


def test_prepared_statements_fail_here_as_they_would_in_production(pooled: Pooled) -> None:
    with (
        connect(pooled.url, prepare_threshold=0) as one,
        connect(pooled.url, prepare_threshold=0) as other,
    ):
        one.execute("select 1")

        with pytest.raises(psycopg.errors.DuplicatePreparedStatement):
            other.execute("select 1")


def test_the_admin_console_shows_the_pool(pooled: Pooled) -> None:
    with connect(pooled.url) as client, connect(pooled.pooler.admin_url) as admin:
        client.execute("select 1")
        cursor = admin.cursor()
        cursor.execute(b"show databases")
        rows = cursor.fetchall()
        columns = [column.name for column in cursor.description or []]

    databases = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    assert databases["postgres"]["host"] == "127.0.0.1"
    assert databases["postgres"]["pool_mode"] in {None, "transaction"}
