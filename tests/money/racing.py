"""Calls that set off together, and what became of each."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

from lambda_pool import Pool
from tests.money import client
from tests.money.client import Call, Refused, Row
from tests.money.world import PACKAGES, Owner, balances

PATIENCE_SECONDS = 20
CROWD = 8

type Fund = Callable[[UUID, int], None]
"""Gives a person coins."""

type NewHold = Callable[..., UUID]
"""Sets coins of a person aside."""

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


def new_key() -> str:
    return str(uuid4())


def balance(owner: Owner, person: UUID) -> tuple[int, int]:
    return balances(owner)[str(person)]


def answered(answer: Row | str) -> Row:
    assert isinstance(answer, dict), answer
    return answer


def buy(pool: Pool, buyer: UUID, coins: int) -> UUID:
    """A purchase that is yet to be paid."""
    package, _ = PACKAGES[coins]
    purchase: UUID = client.make(pool, client.open_purchase(buyer, package, new_key()))["id"]
    return purchase
