"""The catalogue of every function: how it reaches the data, who calls it, and why."""

from collections.abc import Iterable
from itertools import groupby

from limelight.http import Pattern
from local.endpoints import Function, HttpFunction, functions, http_functions
from local.state import PROJECT

CATALOGUE = PROJECT / "docs" / "access-patterns.md"

_WHY = {
    Pattern.REST: "one table (or one hop) under row-level security",
    Pattern.ADMIN: "the desk reads and changes past row-level security, each change audited",
    Pattern.SQL: "joins, locks or a plan of its own",
    Pattern.MONEY: "coins move: ledger function, one transaction, idempotency key",
}

_HEAD = """# Access patterns

Every endpoint reaches the data in exactly one way, declared once in its file under `functions/`.
This page is made from those declarations by `make docs`, and a test fails when it is out of date.

| pattern | the door | may import | for |
| --- | --- | --- | --- |
| `rest` | `limelight.data.user` | supabase, never psycopg | simple CRUD under the caller's JWT; row-level security decides |
| `admin` | `limelight.data.admin` | supabase, never psycopg | the admin desk, with the secret key |
| `sql` | `limelight.data.system` | psycopg, never supabase | joins, aggregates, locks, anything planned |
| `money` | `limelight.money.ledger` | psycopg, never supabase | everything that moves coins |

A REST endpoint becomes SQL when one answer is yes: does it need a transaction or a row lock; does it
need joins or aggregates for speed; does it need an index or plan that is easier to say in SQL?
"""


def catalogue_text() -> str:
    """The page as it is committed."""
    chapters = [_HEAD]
    for tag, endpoints in groupby(_by_chapter(), key=lambda one: str(one.route.tags[0])):
        chapters.append(_chapter(tag, endpoints))
    chapters.append(_jobs(one for one in functions() if not isinstance(one, HttpFunction)))
    return "\n".join(chapters)


def _by_chapter() -> list[HttpFunction]:
    return sorted(http_functions(), key=lambda one: (str(one.route.tags[0]), one.path, one.method))


def _chapter(tag: str, endpoints: Iterable[HttpFunction]) -> str:
    rows = "".join(
        f"| `{one.method} {one.path}` | {one.router.pattern} | {one.router.who} "
        f"| {_WHY[one.router.pattern]} | [{one.name}](../functions/{one.name}.py) |\n"
        for one in endpoints
    )
    return (
        f"## {tag}\n\n| endpoint | pattern | caller | why | function |\n"
        f"| --- | --- | --- | --- | --- |\n{rows}"
    )


def _jobs(jobs: Iterable[Function]) -> str:
    rows = "".join(
        f"| [{one.name}](../functions/{one.name}.py) | sql | {one.summary} |\n" for one in jobs
    )
    return f"## Jobs\n\n| function | pattern | what it does |\n| --- | --- | --- |\n{rows}"
