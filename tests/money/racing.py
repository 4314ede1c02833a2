"""Calls that set off together, and what became of each."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from lambda_pool import Pool
from tests.money import client
from tests.money.client import Call, Refused, Row

PATIENCE_SECONDS = 20

type Answer = Row | str
"""What the ledger answered, or the code that it refused with."""


def race(pool: Pool, calls: Iterable[Call]) -> list[Answer]:
    """Makes every call from a thread of its own, all at the same moment."""
    waiting = list(calls)
    together = threading.Barrier(len(waiting), timeout=PATIENCE_SECONDS)

    def run(call: Call) -> Answer:
        together.wait()
        return ask(pool, call)

    with ThreadPoolExecutor(len(waiting)) as threads:
        return list(threads.map(run, waiting))


def together(count: int, work: Callable[[int], object]) -> None:
    """Runs the work in so many threads, each told its number; the first failure is raised."""
    with ThreadPoolExecutor(count) as threads:
        list(threads.map(work, range(count)))


def ask(pool: Pool, call: Call) -> Answer:
    """The answer, or the code of the refusal; anything else is raised."""
    try:
        return client.make(pool, call)
    except Refused as refusal:
        return str(refusal)


def tally(answers: Iterable[Answer]) -> Counter[str]:
    """How many went through (`done`), and how many were refused with each code."""
    return Counter(answer if isinstance(answer, str) else "done" for answer in answers)
