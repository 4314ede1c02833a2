"""The catalogue of every function: how it reaches the data, who calls it, why, and what it touches.

One page leads to a page for each family of endpoints, where each answers the three questions.
"""

from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from limelight.http import Limit, Pattern
from limelight.platform.settings import DEFAULT_REQUESTS_PER_MINUTE
from local.bookings import bookings_of
from local.endpoints import Function, HttpFunction, functions, http_functions
from local.footprint import Footprint, footprint_of
from local.indexes import indexes_of
from local.limits import declared_limits
from local.questions import answers_of
from local.refusals import EVERYBODYS, refusals_of
from local.state import PROJECT

CATALOGUE = PROJECT / "docs" / "access-patterns.md"
PAGES = CATALOGUE.with_suffix("")

_HEAD = """# Access patterns

Every endpoint reaches the data in exactly one way, declared once in its file under `functions/`.
This page is made from the code by `make docs`, and a test fails when it is out of date.

| pattern | the door | may import | for |
| --- | --- | --- | --- |
| `rest` | `limelight.data.user` | supabase, never psycopg | simple CRUD under the caller's JWT; row-level security decides |
| `admin` | `limelight.data.admin` | supabase, never psycopg | the admin desk, with the secret key |
| `sql` | `limelight.data.system` | psycopg, never supabase | joins, aggregates, locks, anything planned |
| `money` | `limelight.money.ledger` | psycopg, never supabase | everything that moves coins |

## The three questions

A REST endpoint becomes SQL when one answer is yes:

1. Does it need a transaction or a row lock?
2. Does it need joins or aggregates for speed?
3. Does it need an index or a plan that is easier to say in SQL?

Money is always the pool, the ledger's functions and a key. Over REST a yes can stay where the database
gives it by itself, for one request: one of its functions, called once, is a transaction and plans its
own statements, a trigger is part of what sets it off, and PostgREST embeds what a foreign key leads to.
The page of each family answers all three for each of its endpoints.

## How to read the pages

*Why* is the endpoint's own word for its pattern. All else is read from the code: from the endpoint
through its service and queries into the database's functions, views and triggers.

- *Coins* names the ledger's functions that are called, and the operations and types of entries that
  they can book: which of them, is for the state of things to decide.
- *Tables*: the **bold** ones are written. Left out is what every endpoint does that takes a token: it
  reads `users` for the caller's role and status, at most once in 30 seconds for each caller and sandbox.
  So are the tables that only row-level security's own policies look at, and those that rate limits are
  counted in. A name without a schema is in `public`.
- *Indexes* are those that every run of the plan tests has seen at work, in a world of a tenth of the
  full size (`make plans`, [indexes.json](access-patterns/indexes.json)), those of foreign keys among
  them. Where two serve as well, neither is named. What has no proven plan says why in
  `tests/plans/cases.py`; what writes over REST is a row by its key, or one of the database's functions.
- *Refuses* lists the codes of its own, without those that every endpoint can answer: see
  [the API document](openapi.json).

## Rate limits

*Limit* names the rate limit, which is one of these. Those with figures of their own are counted for all
sandboxes together, and are configuration: the figures here are the migrations' ([operations](operations.md)).
The default is counted by each sandbox for itself. [ADR 0011](adr/0011-rate-limits.md) says why.

| limit | per | requests |
| --- | --- | --- |
"""
_UNITS = {60: "a minute", 3_600: "an hour", 86_400: "a day"}


def catalogue_text() -> str:
    """The first page as it is committed."""
    chapters = [_HEAD + "".join(map(_limit, Limit)), _patterns()]
    chapters += [_chapter(tag, endpoints) for tag, endpoints in _chapters()]
    chapters.append(_jobs(one for one in functions() if not isinstance(one, HttpFunction)))
    return "\n".join(chapters)


def pages() -> dict[Path, Callable[[], str]]:
    """The page of each family and what makes its text."""

    def maker(tag: str, endpoints: list[HttpFunction]) -> Callable[[], str]:
        return lambda: _page(tag, endpoints)

    return {_page_of(tag): maker(tag, endpoints) for tag, endpoints in _chapters()}


def _chapters() -> list[tuple[str, list[HttpFunction]]]:
    ordered = sorted(http_functions(), key=lambda one: (_tag(one), one.path, one.method))
    return [(tag, list(endpoints)) for tag, endpoints in groupby(ordered, key=_tag)]


def _tag(endpoint: HttpFunction) -> str:
    return str(endpoint.route.tags[0])


def _page_of(tag: str) -> Path:
    return PAGES / f"{tag.lower().replace(' ', '-')}.md"


def _limit(limit: Limit) -> str:
    return f"| {limit} | {limit.per} | {_figures(limit)} |\n"


def _figures(limit: Limit) -> str:
    if limit is Limit.NONE:
        return "any number"
    figures = declared_limits().get(limit, {60: DEFAULT_REQUESTS_PER_MINUTE})
    return ", ".join(f"{requests} {_UNITS[seconds]}" for seconds, requests in figures.items())


def _patterns() -> str:
    """How many endpoints of each family have which pattern."""
    rows = "".join(
        f"| [{tag}](#{tag.lower().replace(' ', '-')}) | "
        + " | ".join(
            str(sum(one.router.pattern is pattern for one in endpoints) or "")
            for pattern in Pattern
        )
        + " |\n"
        for tag, endpoints in _chapters()
    )
    return f"## Endpoints\n\n| family | {' | '.join(Pattern)} |\n| --- |{' --- |' * len(Pattern)}\n{rows}"


def _chapter(tag: str, endpoints: Iterable[HttpFunction]) -> str:
    return (
        f"### {tag}\n\n| endpoint | pattern | caller | limit | coins | why |\n"
        f"| --- | --- | --- | --- | --- | --- |\n{''.join(map(_row, endpoints))}"
    )


def _row(endpoint: HttpFunction) -> str:
    router = endpoint.router
    title = f"{endpoint.method} {endpoint.path}"
    page = _page_of(_tag(endpoint)).relative_to(CATALOGUE.parent)
    return (
        f"| [`{title}`]({page}#{_anchor(title)}) "
        f"| {router.pattern} | {router.who} | {router.limit} "
        f"| {'yes' if footprint_of(endpoint).moves_coins else 'no'} | {router.why} |\n"
    )


def _anchor(title: str) -> str:
    """As GitHub makes it of a heading."""
    kept = "".join(sign for sign in title.lower() if sign.isalnum() or sign in " -_")
    return kept.replace(" ", "-")


def _page(tag: str, endpoints: Iterable[HttpFunction]) -> str:
    return (
        f"# {tag}: access patterns\n\nMade by `make docs`; "
        "[how to read this](../access-patterns.md#how-to-read-the-pages).\n"
        + "".join(map(_entry, endpoints))
    )


def _entry(endpoint: HttpFunction) -> str:
    router, footprint, answers = endpoint.router, footprint_of(endpoint), answers_of(endpoint)
    rows = {
        "why": router.why,
        "caller, limit": f"{router.who}, {router.limit}",
        "1. transaction or lock?": answers.transaction,
        "2. joins or aggregates?": answers.joins,
        "3. index or plan?": answers.plan,
        "coins": _coins(footprint),
        "tables": _tables(footprint),
        "indexes": _coded(indexes_of(footprint)) or "not among the proven plans",
        "refuses": _coded(_own_refusals(endpoint)) or "nothing of its own",
    }
    return (
        f"\n## {endpoint.method} {endpoint.path}\n\n"
        f"| [{endpoint.name}.py](../../functions/{endpoint.name}.py) | `{router.pattern}` |\n"
        f"| --- | --- |\n{''.join(f'| {name} | {said} |' + chr(10) for name, said in rows.items())}"
    )


def _own_refusals(endpoint: HttpFunction) -> list[str]:
    return [
        code for codes in refusals_of(endpoint).values() for code in codes if code not in EVERYBODYS
    ]


def _coins(footprint: Footprint) -> str:
    if not footprint.moves_coins:
        return (
            "a purchase is opened that an event will pay" if footprint.opens_purchases else "none"
        )
    booked = bookings_of(footprint)
    called = f"{_coded(booked.functions)} books " if booked.functions else "what it ends books "
    return f"{called}{_coded(booked.operations)}, with entries {_coded(booked.types)}"


def _coded(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _jobs(jobs: Iterable[Function]) -> str:
    rows = "".join(
        f"| [{one.name}](../functions/{one.name}.py) | sql | {one.summary} "
        f"| {_tables(footprint_of(one))} | {_coded(indexes_of(footprint_of(one)))} |\n"
        for one in jobs
    )
    return (
        "## Jobs\n\n| function | pattern | what it does | tables | indexes |\n"
        f"| --- | --- | --- | --- | --- |\n{rows}"
    )


def _tables(footprint: Footprint) -> str:
    """Those written first, in bold."""
    written, read = sorted(footprint.writes), sorted(footprint.reads - footprint.writes)
    names = [f"**{_short(table)}**" for table in written] + [_short(table) for table in read]
    return ", ".join(names)


def _short(table: str) -> str:
    return table.removeprefix("public.")
