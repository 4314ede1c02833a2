"""The rate limits as the migrations set them, and what a stack on one machine changes."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Final

import psycopg

from local.services.migrate import read_migrations

SHARED_ADDRESS_PER_MINUTE: Final = 60
"""Everybody on this machine has one address: its people sign up faster than a household's."""

_INSERT = re.compile(r"insert into private\.rate_limits [^;]*;")
_LIMIT = re.compile(r"\('(\w+)', (\d+), (\d+)\)")


@lru_cache(maxsize=1)
def declared_limits() -> Mapping[str, Mapping[int, int]]:
    """For each rule, the requests that are let through in a window of so many seconds."""
    limits: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for migration in read_migrations():
        for insert in _INSERT.findall(migration.path.read_text()):
            for rule, seconds, requests in _LIMIT.findall(insert):
                limits[rule][int(seconds)] = int(requests)
    return limits


def prepare_limits(owner_url: str, key: str) -> None:
    """Lets the functions that have `key` count addresses, and this machine's be many people's."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(
            "insert into private.rate_proofs (digest) values (%s) on conflict do nothing",
            [sha256(key.encode()).digest()],
        )
        owner.execute(
            """
            update private.rate_limits
            set max_requests = greatest(max_requests, %s)
            where rule in ('sign_up', 'username_check')
            """,
            [SHARED_ADDRESS_PER_MINUTE],
        )
