"""Which indexes serve a query, as the plan tests saw it (`tests/plans`)."""

import json
from functools import lru_cache
from typing import Final

from local.footprint import Footprint
from local.state import PROJECT

DOCUMENT: Final = PROJECT / "docs" / "access-patterns" / "indexes.json"


@lru_cache(maxsize=1)
def documented() -> dict[str, list[str]]:
    """The names of the indexes by the query's; `make plans` writes the file anew."""
    told: dict[str, list[str]] = json.loads(DOCUMENT.read_text()) if DOCUMENT.exists() else {}
    return told


def indexes_of(footprint: Footprint) -> list[str]:
    """The indexes that serve what is asked, sorted."""
    return sorted({index for query in footprint.asked for index in documented().get(query, [])})
