"""A process of the bank test: makes payments for a while, whatever breaks meanwhile.

It writes every intent down before it asks, and what came of it after. What it could not learn it
asks again with the same key until it knows.
"""

import json
import os
import random
import time
from typing import Any, Final
from uuid import UUID

from lambda_pool import Pool
from lambda_pool.errors import DeadlineExceeded, OutcomeUnknown, QueryRefused, Unavailable
from tests.money import client
from tests.money.client import Call, Refused, Row
from tests.money.world import PACKAGES, Cast

PATIENCE_SECONDS: Final = 60.0
PAUSE_SECONDS: Final = 0.05
LOCK_TIMEOUT: Final = "55P03"
CENTS: Final = PACKAGES[100][1]


class Teller:
    """Makes random payments between the people, one after the other."""

    def __init__(self, pool: Pool, cast: Cast, dice: random.Random, name: str) -> None:
        self._pool = pool
        self._cast = cast
        self._dice = dice
        self._name = name
        self._count = 0
        self._holds: list[UUID] = []
        self._payouts: list[str] = []
        self._purchases: list[UUID] = []

    def work(self) -> None:
        """One payment of some kind."""
        work = [
            *(self._gift, self._gift, self._tip, self._ticket),
            *(self._hold, self._capture, self._void),
            *(self._request_payout, self._close_payout, self._buy, self._refund, self._adjust),
        ]
        self._dice.choice(work)()

    def _gift(self) -> None:
        one, other = self._two()
        call = client.gift(self._cast.people[one], self._cast.streams[other], 5, 1, self._key())
        self._resolve("gift", call)

    def _tip(self) -> None:
        one, other = self._two()
        call = client.tip(self._cast.people[one], self._cast.streams[other], 5, self._key())
        self._resolve("tip", call)

    def _ticket(self) -> None:
        one, other = self._two()
        call = client.buy_ticket(self._cast.people[one], self._cast.premieres[other], self._key())
        self._resolve("stream_ticket", call)

    def _adjust(self) -> None:
        call = client.adjust(self._cast.admin, self._someone(), 20, self._key())
        self._resolve("wallet_adjustment", call)

    def _hold(self) -> None:
        subject = UUID(int=self._dice.getrandbits(128), version=4)
        call = client.authorise(self._someone(), 30, subject)
        # Asked again, a hold that was made says so: it is the one about this subject.
        answer = self._resolve("authorise", call, done={"hold_exists"})
        if "hold" in answer:
            self._holds.append(UUID(answer["hold"]))

    def _capture(self) -> None:
        if self._holds:
            hold = self._holds.pop()
            call = client.capture(hold, 45, self._someone(), self._cast.admin, self._key())
            self._resolve("hold_capture", call, done={"hold_closed"})

    def _void(self) -> None:
        if self._holds:
            self._resolve("void", client.void(self._holds.pop()))

    def _request_payout(self) -> None:
        call = client.request_payout(self._someone(), 100, self._key())
        answer = self._resolve("payout_request", call)
        if "response" in answer:
            self._payouts.append(answer["response"]["payout"]["id"])

    def _close_payout(self) -> None:
        if self._payouts:
            settle = self._dice.random() < 0.5
            call = client.close_payout(
                self._cast.admin, self._payouts.pop(), self._key(), settle=settle
            )
            self._resolve("payout_settlement" if settle else "payout_return", call)

    def _buy(self) -> None:
        call = client.open_purchase(self._someone(), PACKAGES[100][0], self._key())
        purchase = UUID(self._resolve("open_purchase", call)["id"])
        self._resolve("purchase", client.pay(purchase, CENTS, self._key()))
        self._purchases.append(purchase)

    def _refund(self) -> None:
        if self._purchases:
            call = client.refund(self._purchases.pop(), CENTS, self._key())
            self._resolve("purchase_refund", call)

    def _resolve(
        self, operation: str, call: Call, done: frozenset[str] | set[str] = frozenset()
    ) -> Row:
        """Asks until the answer is known. `done` are the refusals that say it had been done."""
        key = call.params.get("key") or call.params.get("event_id")
        self._tell(intent=operation, key=key)
        unknown = 0
        give_up = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                answer = client.make(self._pool, call)
                outcome = "done"
            except Refused as refusal:
                answer = {}
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
            self._tell(outcome=outcome, operation=operation, key=key, unknown=unknown, answer=told)
            return told

    def _tell(self, **what: Any) -> None:
        print(json.dumps(what), flush=True)

    def _key(self) -> str:
        self._count += 1
        return f"{self._name}-{self._count}"

    def _someone(self) -> UUID:
        return self._dice.choice(self._cast.people)

    def _two(self) -> tuple[int, int]:
        one, other = self._dice.sample(range(len(self._cast.people)), 2)
        return one, other


def main() -> None:
    """Pays for as long as the environment says."""
    told = json.loads(os.environ["TELLER"])
    cast = Cast(
        UUID(told["admin"]),
        [UUID(person) for person in told["people"]],
        [UUID(stream) for stream in told["streams"]],
        [UUID(stream) for stream in told["premieres"]],
    )
    pool = Pool(lambda _: told["conninfo"], max_size=1)
    teller = Teller(pool, cast, random.Random(told["seed"]), told["name"])  # noqa: S311
    ends = time.monotonic() + told["seconds"]
    while time.monotonic() < ends:
        teller.work()
    pool.close()


if __name__ == "__main__":
    main()
