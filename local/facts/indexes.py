"""The indexes that each query takes, as `tests/plans` saw PostgreSQL take them in a large world."""

import json
from functools import lru_cache
from typing import Final

from local.host.state import PROJECT

RECORD: Final = PROJECT / "docs" / "indexes.json"


@lru_cache(maxsize=1)
def recorded_indexes() -> dict[str, list[str]]:
    """By the query's name, sorted."""
    found: dict[str, list[str]] = json.loads(RECORD.read_text())
    return found
