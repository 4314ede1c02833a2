"""A sandbox's process: a module-level pool, and a request per line of the standard input.

Run by `tests.faults.sandbox`, which freezes it with SIGSTOP as Lambda freezes a sandbox.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from lambda_pool import Pool, Query, deadline

SECONDS: Final = 5.0
ANSWER: Final = Query("worker.answer", "select 42 as answer", repeatable=True)
WRITE: Final = Query("worker.write", "insert into faults.entries values (%(key)s, 1)")
WARM: Final = Query("worker.warm", "select 1 as one")

pool = Pool(
    lambda _: os.environ["POOL_CONNINFO"],
    max_size=3,
    max_idle=float(os.environ["POOL_MAX_IDLE"]),
)


def request() -> dict[str, Any]:
    """One request: one query."""
    began = time.perf_counter()
    with deadline(SECONDS):
        row = pool.fetch_one(ANSWER)
    assert row is not None
    return {
        "answer": row["answer"],
        "milliseconds": (time.perf_counter() - began) * 1000,
        "threads": threading.active_count(),
    }


def write(key: str) -> dict[str, Any]:
    """A request that may not be asked twice."""
    with deadline(SECONDS):
        return {"written": pool.execute(WRITE, {"key": key})}


def transaction(key: str) -> dict[str, Any]:
    """A request of two statements that belong together."""
    with deadline(SECONDS), pool.transaction() as tx:
        tx.fetch_one(WARM)
        return {"written": tx.execute(WRITE, {"key": key})}


def warm(connections: int) -> dict[str, Any]:
    """Leaves `connections` new ones open and idle: as many threads hold one at the same time."""
    pool.close()
    everyone_has_one = threading.Barrier(connections)

    def hold(_: int) -> None:
        with pool.transaction() as tx:
            tx.fetch_one(WARM)
            everyone_has_one.wait(SECONDS)

    with ThreadPoolExecutor(connections) as threads:
        list(threads.map(hold, range(connections)))
    return {"idle": pool.stats().idle}


def burst(requests: int) -> dict[str, Any]:
    """As many requests at once."""
    with ThreadPoolExecutor(requests) as threads:
        answers = list(threads.map(lambda _: request()["answer"], range(requests)))
    return {"answers": answers}


ACTIONS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "request": request,
    "write": write,
    "transaction": transaction,
    "warm": warm,
    "burst": burst,
}


def main() -> None:
    """Answers each line with one line; an exception is an answer, too."""
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        try:
            answer = ACTIONS[name](*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must hear of it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
