"""The statements that are run while something breaks."""

from typing import Final

from lambda_pool import Query

ONE: Final = Query("faults.one", "select 1 as one", repeatable=True)
ECHO: Final = Query("faults.echo", "select %(number)s::int as number", repeatable=True)
SLOW: Final = Query("faults.slow", "select pg_sleep(%(seconds)s)", repeatable=True)
WRONG: Final = Query("faults.wrong", "select 1 / 0")
ENTER: Final = Query(
    "faults.enter", "select faults.enter(%(key)s, %(amount)s) as amount", repeatable=True
)
INSERT: Final = Query("faults.insert", "insert into faults.entries values (%(key)s, %(amount)s)")
ADD: Final = Query(
    "faults.add", "update faults.entries set amount = amount + %(amount)s where key = %(key)s"
)
