"""The database changes while the gateway runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from local.gateway.rest import RestGateway
from tests.gateway.rest.conftest import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.gateway.settings import GatewaySettings

DEADLINE_SECONDS = 10


@pytest.fixture(scope="module")
def changing_url(new_database: Callable[[str], str]) -> str:
    return new_database("changing")


@pytest.fixture(scope="module")
def changing(
    changing_url: str, make_settings: Callable[..., GatewaySettings]
) -> Iterator[httpx.Client]:
    with (
        serve(RestGateway(make_settings(changing_url))) as url,
        httpx.Client(base_url=f"{url}/rest/v1", timeout=DEADLINE_SECONDS) as client,
    ):
        yield client


@pytest.fixture
def run(changing_url: str) -> Iterator[Callable[[str], None]]:
    with psycopg.connect(changing_url, autocommit=True) as connection:

        def execute(statement: str) -> None:
            connection.execute(statement.encode())

        yield execute


def test_a_new_table_function_and_column_are_found(
    changing: httpx.Client, run: Callable[[str], None]
) -> None:
    assert changing.get("/later").status_code == 404
    run("create table api.later (id int primary key, book_id bigint references api.books)")
    run("grant all on api.later to anon")
    assert changing.get("/later").json() == []
    assert changing.get("/later?select=id,books(title)").json() == []
    assert changing.post("/later", json={"id": 1, "more": "x"}).status_code == 400
    run("alter table api.later add column more text")
    assert changing.post("/later", json={"id": 1, "more": "x"}).status_code == 201
    run("create function api.later_on() returns int language sql as 'select 7'")
    assert changing.post("/rpc/later_on", json={}).json() == 7


def test_a_notification_reloads(changing: httpx.Client, run: Callable[[str], None]) -> None:
    run("create table api.twin (id int primary key)")
    run("create view api.twins as select id from api.twin")
    run("comment on table api.twin is 'Told of'")
    run("notify pgrst, 'reload schema'")
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        if changing.options("/twins").status_code == 200:
            break
        time.sleep(0.05)
    assert changing.options("/twins").headers["allow"].endswith("DELETE")


def test_what_is_gone_is_gone(changing: httpx.Client, run: Callable[[str], None]) -> None:
    run("create table api.brief (id int)")
    run("grant all on api.brief to anon")
    assert changing.get("/brief").json() == []
    run("drop table api.brief")
    answer = changing.get("/brief")
    assert (answer.status_code, answer.json()["code"]) == (404, "PGRST205")


def test_reads_outlive_a_restart(changing: httpx.Client, run: Callable[[str], None]) -> None:
    assert changing.get("/tags").status_code == 200
    run(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )
    assert [changing.get("/tags").status_code for _ in range(3)] == [200, 200, 200]
    assert changing.post("/tags", json={"name": "after"}).status_code == 201
