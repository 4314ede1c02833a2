"""Where a process of the bank test asks.

It writes every intent down before it asks, and what came of it after. What it could not learn it
asks again with the same key until it knows.
"""

import json
import random
import time
from typing import Any, Final
from uuid import UUID

from lambda_pool import Pool, deadline
from lambda_pool.errors import DeadlineExceeded, OutcomeUnknown, QueryRefused, Unavailable
from limelight.money import queries
from tests.money import client
from tests.money.client import SECONDS, Call, Refused, Row
from tests.money.tellers.town import Town

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.05
LOCK_TIMEOUT: Final = "55P03"


class Window:
    """One connection, one pair of dice, and keys that nobody else uses."""

    def __init__(self, pool: Pool, town: Town, dice: random.Random, name: str) -> None:
        self.town = town
        self.dice = dice
        self._pool = pool
        self._name = name
        self._count = 0

    def resolve(
        self, operation: str, call: Call, done: frozenset[str] | set[str] = frozenset()
    ) -> Row:
        """Asks until the answer is known. `done` are the refusals that say it had been done."""
        key = call.params.get("key") or call.params.get("event_id")
        self._tell(intent=operation, key=key)
        unknown = 0
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = self._make(call)
                outcome = "done"
            except Refused as refusal:
                answer = {"code": str(refusal)}
                outcome = "done" if unknown and str(refusal) in done else "refused"
            except (OutcomeUnknown, Unavailable, DeadlineExceeded, QueryRefused) as trouble:
                if isinstance(trouble, QueryRefused) and trouble.sqlstate != LOCK_TIMEOUT:
                    raise
                unknown += 1
                if time.monotonic() > give_up:
                    raise
                time.sleep(PAUSE_SECONDS)
                continue
            told: Row = json.loads(json.dumps(answer, default=str))
            self._tell(
                outcome=outcome,
                operation=operation,
                query=call.query.name,
                key=key,
                unknown=unknown,
                answer=told,
            )
            return told

    def key(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def someone(self) -> UUID:
        return self.dice.choice(self.town.cast.people)

    def two(self) -> tuple[int, int]:
        one, other = self.dice.sample(range(len(self.town.cast.people)), 2)
        return one, other

    def _make(self, call: Call) -> Row:
        """The first row of the answer, if there is one."""
        if call.query is queries.RECONCILE:
            return self._reconcile()
        rows = client.make_all(self._pool, call)
        return rows[0] if rows else {}

    def _reconcile(self) -> Row:
        with deadline(SECONDS), self._pool.transaction() as books:
            books.execute(queries.TAKE_TIME)
            row = books.fetch_one(queries.RECONCILE)
        assert row is not None
        return row

    def _tell(self, **what: Any) -> None:
        print(json.dumps(what), flush=True)
