"""The catalogue of every function: how it reaches the data, who calls it, why, and what it touches."""

from collections.abc import Iterable
from itertools import groupby

from limelight.http import Limit
from limelight.platform.settings import DEFAULT_REQUESTS_PER_MINUTE
from local.endpoints import Function, HttpFunction, functions, http_functions
from local.footprint import Footprint, footprint_of
from local.limits import declared_limits
from local.state import PROJECT

CATALOGUE = PROJECT / "docs" / "access-patterns.md"

_HEAD = """# Access patterns

Every endpoint reaches the data in exactly one way, declared once in its file under `functions/`.
This page is made from the code by `make docs`, and a test fails when it is out of date.

| pattern | the door | may import | for |
| --- | --- | --- | --- |
| `rest` | `limelight.data.user` | supabase, never psycopg | simple CRUD under the caller's JWT; row-level security decides |
| `admin` | `limelight.data.admin` | supabase, never psycopg | the admin desk, with the secret key |
| `sql` | `limelight.data.system` | psycopg, never supabase | joins, aggregates, locks, anything planned |
| `money` | `limelight.money.ledger` | psycopg, never supabase | everything that moves coins |

A REST endpoint becomes SQL when one answer is yes: does it need a transaction or a row lock; does it
need joins or aggregates for speed; does it need an index or plan that is easier to say in SQL?

## How to read the tables

*Why* is the endpoint's own word for its pattern. *Coins* says whether it writes entries of the ledger.
*Tables* are read from the code: from the endpoint through its service and queries into the database's
functions, views and triggers. The **bold** ones are written. Left out is what every endpoint does that
takes a token: it reads `users` for the caller's role and status, at most once in 30 seconds for each
caller and sandbox. So are the tables that only row-level security's own policies look at, and those
that rate limits are counted in. A name without a schema is in `public`.

*Limit* names the rate limit, which is one of these. Those with figures of their own are counted for all
sandboxes together, and are configuration: the figures here are the migrations' ([operations](operations.md)).
The default is counted by each sandbox for itself. [ADR 0011](adr/0011-rate-limits.md) says why.

| limit | per | requests |
| --- | --- | --- |
"""
_UNITS = {60: "a minute", 3_600: "an hour", 86_400: "a day"}


def catalogue_text() -> str:
    """The page as it is committed."""
    chapters = [_HEAD + "".join(map(_limit, Limit))]
    for tag, endpoints in groupby(_by_chapter(), key=lambda one: str(one.route.tags[0])):
        chapters.append(_chapter(tag, endpoints))
    chapters.append(_jobs(one for one in functions() if not isinstance(one, HttpFunction)))
    return "\n".join(chapters)


def _limit(limit: Limit) -> str:
    return f"| {limit} | {limit.per} | {_figures(limit)} |\n"


def _figures(limit: Limit) -> str:
    if limit is Limit.NONE:
        return "any number"
    figures = declared_limits().get(limit, {60: DEFAULT_REQUESTS_PER_MINUTE})
    return ", ".join(f"{requests} {_UNITS[seconds]}" for seconds, requests in figures.items())


def _by_chapter() -> list[HttpFunction]:
    return sorted(http_functions(), key=lambda one: (str(one.route.tags[0]), one.path, one.method))


def _chapter(tag: str, endpoints: Iterable[HttpFunction]) -> str:
    return (
        f"## {tag}\n\n| endpoint | pattern | caller | limit | why | coins | tables |\n"
        f"| --- | --- | --- | --- | --- | --- | --- |\n{''.join(map(_row, endpoints))}"
    )


def _row(endpoint: HttpFunction) -> str:
    footprint = footprint_of(endpoint)
    router = endpoint.router
    return (
        f"| [`{endpoint.method} {endpoint.path}`](../functions/{endpoint.name}.py) "
        f"| {router.pattern} | {router.who} | {router.limit} | {router.why} "
        f"| {'yes' if footprint.moves_coins else 'no'} | {_tables(footprint)} |\n"
    )


def _jobs(jobs: Iterable[Function]) -> str:
    rows = "".join(
        f"| [{one.name}](../functions/{one.name}.py) | sql | {one.summary} "
        f"| {_tables(footprint_of(one))} |\n"
        for one in jobs
    )
    return (
        "## Jobs\n\n| function | pattern | what it does | tables |\n"
        f"| --- | --- | --- | --- |\n{rows}"
    )


def _tables(footprint: Footprint) -> str:
    """Those written first, in bold."""
    written, read = sorted(footprint.writes), sorted(footprint.reads - footprint.writes)
    names = [f"**{_short(table)}**" for table in written] + [_short(table) for table in read]
    return ", ".join(names)


def _short(table: str) -> str:
    return table.removeprefix("public.")
