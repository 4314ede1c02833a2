"""The fingerprint of a plan: its shape, without any value of the query."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

import psycopg

from lambda_pool.clock import deadline
from lambda_pool.connection import Connection
from lambda_pool.errors import DeadlineExceeded
from lambda_pool.query import Query

EXPLAIN_SECONDS: Final = 0.5
_SHAPE = ("Node Type", "Join Type", "Relation Name", "Index Name", "Function Name", "Strategy")


def fingerprint(connection: Connection, query: Query, params: Any) -> str | None:
    """Twelve hex digits for the plan that the server makes of `query` now, or None if it will not.

    The statement is explained, not run. Two equal fingerprints are the same tree of nodes, tables
    and indexes; conditions, which hold values, are left out. The answer of the query is already
    here, so whatever goes wrong is no trouble of the caller's, and little of his time.
    """
    if ";" in query.sql:  # EXPLAIN takes the first of several statements; the others would run
        return None
    try:
        with deadline(EXPLAIN_SECONDS):
            row = connection.execute(f"explain (format json) {query.sql}", params).fetchone()
    except (psycopg.Error, DeadlineExceeded):
        return None
    plan = row["QUERY PLAN"] if row else None
    if isinstance(plan, str):
        plan = json.loads(plan)
    if not plan:
        return None
    shape = "\n".join(_lines(plan[0]["Plan"], 0))
    return hashlib.sha256(shape.encode()).hexdigest()[:12]


def _lines(node: dict[str, Any], depth: int) -> Iterator[str]:
    yield f"{depth} " + " ".join(str(node[name]) for name in _SHAPE if name in node)
    for child in node.get("Plans", ()):
        yield from _lines(child, depth + 1)
