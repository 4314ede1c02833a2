"""A sandbox's process that gifts as fast as it can, through lambda_pool or interactively."""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from psycopg import sql

from lambda_pool import Pool, Query, deadline
from limelight.money.queries import GIFT

ROSE: Final = UUID("00000000-0000-4000-8000-000000000001")
SECONDS: Final = 30.0


class Gifter:
    """One sender, one connection."""

    def __init__(self, conninfo: str, sender: str) -> None:
        self._pool = Pool(lambda _: conninfo, max_size=1)
        self._conninfo = conninfo
        self._sender = sender

    def once(self, stream: str, times: int) -> int:
        """Gifts one after the other; answers the median in microseconds."""
        took = sorted(_microseconds(lambda: self._gift(GIFT, stream)) for _ in range(times))
        return took[times // 2]

    def call(self, stream: str, seconds: float) -> int:
        """Gifts by the product's one statement; answers how many were sent."""
        return _repeat(lambda: self._gift(GIFT, stream), seconds)

    def interactive(self, host: str, seconds: float) -> int:
        """Gifts as the earlier product did: read, check and write, statement by statement."""
        with psycopg.connect(self._conninfo, prepare_threshold=None) as connection:
            return _repeat(lambda: _transfer(connection, self._sender, host), seconds)

    def _gift(self, query: Query, stream: str) -> None:
        with deadline(SECONDS):
            self._pool.fetch_one(
                query,
                {
                    "sender_id": self._sender,
                    "stream_id": stream,
                    "gift_id": ROSE,
                    "quantity": 1,
                    "key": str(uuid4()),
                    "payload_hash": "h",
                    "request_id": "q",
                },
            )


def _transfer(connection: psycopg.Connection[Any], sender: str, host: str) -> None:
    """What `ledger.gift` does: key, wallets, entries, gift, chat, supporter, outbox, answer."""
    key = uuid4()
    with connection.transaction():
        connection.execute("insert into interactive.keys (key) values (%s)", (key,))
        for wallet in (sender, host):
            connection.execute(
                "select balance from interactive.wallets where user_id = %s for update", (wallet,)
            )
        for wallet, amount, kind in ((sender, -1, "sent"), (host, 1, "received")):
            connection.execute(
                "update interactive.wallets set balance = balance + %s where user_id = %s",
                (amount, wallet),
            )
            connection.execute(
                "insert into interactive.transactions (user_id, amount, kind) values (%s, %s, %s)",
                (wallet, amount, kind),
            )
        for table in ("gifts", "messages", "outbox"):
            connection.execute(
                sql.SQL(
                    "insert into interactive.{} (sender_id, host_id, coins) values (%s, %s, 1)"
                ).format(sql.Identifier(table)),
                (sender, host),
            )
        connection.execute(
            """
            insert into interactive.supporters as s (sender_id, host_id, coins)
            values (%s, %s, 1)
            on conflict (sender_id, host_id) do update
            set coins = s.coins + 1
            """,
            (sender, host),
        )
        balance = connection.execute(
            "select balance from interactive.wallets where user_id = %s", (sender,)
        ).fetchone()
        connection.execute(
            "update interactive.keys set response = %s where key = %s", (str(balance), key)
        )


def _repeat(action: Callable[[], None], seconds: float) -> int:
    done = 0
    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends:
        action()
        done += 1
    return done


def _microseconds(action: Callable[[], None]) -> int:
    began = time.perf_counter()
    action()
    return round((time.perf_counter() - began) * 1_000_000)


def main() -> None:
    """Answers each line of the standard input with one line."""
    gifter = Gifter(os.environ["BENCH_CONNINFO"], os.environ["BENCH_SENDER"])
    for line in sys.stdin:
        action, *arguments = json.loads(line)
        print(json.dumps({"done": getattr(gifter, action)(*arguments)}), flush=True)


if __name__ == "__main__":
    main()
