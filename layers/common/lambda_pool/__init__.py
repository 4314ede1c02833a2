"""A psycopg connection pool that is right inside AWS Lambda, behind a transaction pooler.

    from lambda_pool import Pool, Query, deadline

    pool = Pool(lambda refresh: "host=… port=6543 sslmode=require …")
    ORDERS = Query("orders.of", "select id from orders where owner = %(owner)s", repeatable=True)

    with deadline(context.get_remaining_time_in_millis() / 1000 - 0.5):
        rows = pool.fetch_all(ORDERS, {"owner": owner})

What makes it right there:

- it has no thread: nothing happens at import, between requests or after a response, so there is
  nothing that a freeze could catch half done;
- a checkout throws away what has been idle too long by a clock that counts frozen time, and looks
  at the socket of what has not, so a thawed sandbox never meets a dead connection;
- every wait (for a slot, a connection, an answer) ends before the deadline of the invocation;
- a connection goes back only when it is idle outside a transaction; session state is nobody's;
- a lost answer is told apart from a refusal: what may be asked again is asked again, once.

It depends on psycopg alone. docs/pool.md explains each decision with the figure behind it.
"""

from lambda_pool import errors
from lambda_pool.clock import deadline, remaining
from lambda_pool.pool import Pool, Stats, Transaction
from lambda_pool.query import Query, QueryRun

__all__ = [
    "Pool",
    "Query",
    "QueryRun",
    "Stats",
    "Transaction",
    "deadline",
    "errors",
    "remaining",
]
