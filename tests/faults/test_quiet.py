"""Nothing happens at import, and nothing after the answer: a freeze finds the pool at rest."""

import json
import subprocess
import sys
import threading
import time

import pytest

from lambda_pool import Pool, errors
from local.host.state import PROJECT
from tests.faults.conftest import NewPool
from tests.faults.pooler import Pooler
from tests.faults.proxy import Proxy
from tests.faults.queries import ONE, WRONG
from tests.faults.sandbox import Sandbox, environment

QUIET_SECONDS = 0.5

IMPORT = """
import json, os, sys, threading, uuid
import psutil

happened = []

def hook(event, arguments):
    if event.startswith("socket.") or event == "_thread.start_new_thread":
        happened.append(event)

def drawn(name):
    def draw(*arguments):
        happened.append(name)
        return b"0" * 16
    return draw

os.urandom, os.getrandom, uuid.uuid4 = drawn("urandom"), drawn("getrandom"), drawn("uuid4")
sys.addaudithook(hook)

from lambda_pool import Pool

pool = Pool(lambda anew: happened.append("the secret was read") or "")
print(json.dumps({
    "happened": happened,
    "threads": threading.active_count(),
    "sockets": len(psutil.Process().net_connections(kind="all")),
    "stats": pool.stats(),
    "stock": "psycopg_pool" in sys.modules,
    "product": "limelight" in sys.modules,
}))
"""


def test_importing_it_and_making_a_pool_opens_reads_and_starts_nothing() -> None:
    made = subprocess.run(
        [sys.executable, "-c", IMPORT],
        env=environment(),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(made.stdout) == {
        "happened": [],
        "threads": 1,
        "sockets": 0,
        "stats": [0, 0, 0],
        "stock": False,
        "product": False,
    }


def test_no_thread_is_alive_after_the_answer(pooler: Pooler) -> None:
    with Sandbox(pooler.conninfo(), max_idle=20) as sandbox:
        assert sandbox.ask("request")["threads"] == 1


def test_no_byte_moves_after_the_answer(watched_pool: Pool, proxy: Proxy) -> None:
    before = set(threading.enumerate())
    watched_pool.fetch_one(ONE)
    with watched_pool.transaction() as tx:
        tx.fetch_one(ONE)

    moved = proxy.bytes
    time.sleep(QUIET_SECONDS)

    assert proxy.bytes == moved
    assert set(threading.enumerate()) == before


def test_no_byte_moves_after_an_error(watched_pool: Pool, proxy: Proxy) -> None:
    with pytest.raises(errors.QueryRefused), watched_pool.transaction() as tx:
        tx.fetch_one(WRONG)

    moved = proxy.bytes
    time.sleep(QUIET_SECONDS)

    assert proxy.bytes == moved


def test_nothing_is_open_when_a_snapshot_is_taken_and_the_next_query_opens_again(
    new_pool: NewPool, pooler: Pooler, proxy: Proxy
) -> None:
    secrets_read: list[bool] = []

    def conninfo(anew: bool) -> str:
        secrets_read.append(anew)
        return pooler.conninfo(proxy.port)

    pool = new_pool(conninfo)
    pool.fetch_one(ONE)

    pool.close()

    assert pool.stats().open == 0
    wait_until_closed(proxy)
    assert pool.fetch_one(ONE) == {"one": 1}
    assert secrets_read == [False, False]


def wait_until_closed(proxy: Proxy) -> None:
    give_up = time.monotonic() + 2
    while proxy.open and time.monotonic() < give_up:
        time.sleep(0.01)
    assert proxy.open == 0
