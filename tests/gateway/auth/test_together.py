"""Auth beside the rest of the gateway: tokens in use, load, and a database that goes away."""

import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from supabase import Client

from local.gateway.bootstrap import bootstrap
from local.gateway.keys import LocalKeys
from tests.gateway.harness import PASSWORD, Served, fresh_email, serve

NOTES = """
create table public.notes (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  body text not null
);
alter table public.notes enable row level security;
create policy own on public.notes to authenticated
  using (owner = (select auth.uid()))
  with check (owner = (select auth.uid()));
create function public.whoami() returns jsonb language sql stable
  return jsonb_build_object('uid', auth.uid(), 'role', current_user, 'login', session_user);
"""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(
    ["email", "password", "phone", "data", "type", "token", "token_hash", "refresh_token"]
)
VALUES = JSON | st.sampled_from(["a@b.c", "secret12", "signup", "recovery", "x" * 300])
PATHS = st.sampled_from(
    [
        "/signup",
        "/token?grant_type=password",
        "/token?grant_type=refresh_token",
        "/token?grant_type=pkce",
        "/verify",
        "/recover",
        "/resend",
    ]
)


@pytest.fixture(scope="module")
def own_database(project_url: str) -> Iterator[str]:
    name = sql.Identifier(f"together_{uuid4().hex[:8]}")
    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute(sql.SQL("create database {}").format(name))
        url = project_url.replace("/postgres?", f"/{name.as_string().strip('"')}?")
        bootstrap(url, authenticator_password="secret")
        with psycopg.connect(url) as connection:
            connection.execute(NOTES.encode())
        yield url
        owner.execute(sql.SQL("drop database {} with (force)").format(name))


@pytest.fixture(scope="module")
def whole(own_database: str, project_keys: LocalKeys) -> Iterator[Served]:
    """A gateway whose REST side logs in as `authenticator`, as a deployed one does."""
    tail = own_database.split("@", 1)[1]
    rest_url = f"postgresql://authenticator:secret@{tail}"
    with serve(own_database, project_keys, rest_database_url=rest_url) as served:
        yield served


def whoami(client: Client) -> Any:
    """Whom the database takes this client for."""
    return client.rpc("whoami").execute().data


def test_a_signed_in_client_reads_and_writes_its_own_rows(whole: Served) -> None:
    ada, bob = whole.client(), whole.client()
    for client in (ada, bob):
        client.auth.sign_up({"email": fresh_email(), "password": PASSWORD})

    ada.table("notes").insert({"body": "mine"}).execute()

    readers = [ada, bob, whole.client(), whole.admin()]
    seen = [reader.table("notes").select("body").execute().data for reader in readers]
    assert seen == [[{"body": "mine"}], [], [], [{"body": "mine"}]]


def test_a_token_is_its_user_and_a_key_is_its_role(whole: Served) -> None:
    client = whole.client()
    session = client.auth.sign_up({"email": fresh_email(), "password": PASSWORD}).session
    assert session is not None

    assert whoami(client) == {
        "uid": session.user.id,
        "role": "authenticated",
        "login": "authenticator",
    }
    assert whoami(whole.client()) == {
        "uid": None,
        "role": "anon",
        "login": "authenticator",
    }


def test_legacy_keys_serve_as_well_as_the_current_ones(whole: Served) -> None:
    anon = whole.client(whole.keys.legacy_anon_key)
    server = whole.client(whole.keys.legacy_service_role_key)

    session = anon.auth.sign_up({"email": fresh_email(), "password": PASSWORD}).session

    assert session is not None
    assert whoami(anon)["uid"] == session.user.id
    assert server.auth.admin.get_user_by_id(session.user.id).user.id == session.user.id
    assert whoami(server)["role"] == "service_role"


def test_hashing_a_password_does_not_make_others_wait(
    own_database: str, project_keys: LocalKeys
) -> None:
    # bcrypt doubles with each step of cost: 13 is most of a second.
    with serve(own_database, project_keys) as quick:
        user = quick.new_user()
        quick.sql(
            "update auth.users set encrypted_password = %s where id = %s",
            "$2b$13$" + "." * 21 + "O" + "a" * 31,
            user["id"],
        )
        login = threading.Thread(
            target=lambda: quick.auth(
                "POST",
                "/token?grant_type=password",
                json={"email": user["email"], "password": PASSWORD},
            )
        )
        login.start()
        time.sleep(0.1)
        started = time.perf_counter()
        answer = quick.http.get("/auth/v1/settings", headers=quick.anon)
        took = time.perf_counter() - started
        still_hashing = login.is_alive()
        login.join()

    assert answer.status_code == 200
    assert still_hashing
    assert took < 0.2


def test_health_tells_when_the_database_is_away_and_when_it_is_back(
    own_database: str, project_url: str, project_keys: LocalKeys
) -> None:
    name = sql.Identifier(own_database.rsplit("/", 1)[1].split("?", maxsplit=1)[0])

    def allow(connections: str) -> None:
        with psycopg.connect(project_url, autocommit=True) as owner:
            owner.execute(
                sql.SQL("alter database {} with allow_connections {}").format(
                    name, sql.SQL(connections)
                )
            )
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s",
                [name.as_string().strip('"')],
            )

    with serve(own_database, project_keys) as gateway:
        allow("false")
        try:
            away = gateway.http.get("/health")
        finally:
            allow("true")
        deadline = time.monotonic() + 20
        while gateway.http.get("/health").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.2)

    assert away.status_code == 503
    assert away.json()["status"] == "unavailable"


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(path=PATHS, body=st.dictionaries(FIELDS, VALUES, max_size=4) | JSON)
def test_no_body_whatever_is_answered_with_a_failure_of_ours(
    whole: Served, path: str, body: object
) -> None:
    answer = whole.auth("POST", path, json=body)

    assert answer.status_code < 500, (path, body, answer.text)
