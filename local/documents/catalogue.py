"""The catalogue of every function: how it reaches the data, who calls it, why, and what it touches."""

import re
from collections.abc import Iterable
from itertools import groupby
from typing import Final

from limelight.http import Limit, Pattern
from limelight.platform.settings import DEFAULT_REQUESTS_PER_MINUTE
from local.facts.endpoints import Function, HttpFunction, functions, http_functions
from local.facts.footprint import footprint_of
from local.facts.movements import movements_of
from local.facts.questions import Answers, answers_of
from local.host.state import PROJECT
from local.services.limits import declared_limits

OVER_REST: Final = (Pattern.REST, Pattern.ADMIN)
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

A REST endpoint becomes SQL when one answer is yes, and is not given in a single call already:

1. Does it need a transaction or a row lock?
2. Does it need joins or aggregates, for speed?
3. Does it need an index or a plan of its own?

A transaction that is one call of a database function, or one row and its triggers, is within reach of REST:
PostgREST runs every request in a transaction of its own, as the caller, so that row-level security and the
function's own rules decide. Such an endpoint stays with REST, and its answer says which function it is.

## How to read the entries

Every chapter begins with a table of its endpoints; the columns *lock*, *join* and *plan* are the three
answers in short, and *coins* says whether entries of the ledger are written. Below it, each has its entry.
Nothing in one is written by hand but the sentence at its top, the endpoint's own word for its pattern.

- *Transaction or lock*, *joins or aggregates*, *money*, *writes* and *reads* are read from the code: from the
  endpoint through its service and queries into the database's functions, views and triggers. They say what
  may be done, on any of its ways: *settle* and *return* of a payout are one function of the ledger.
- *Index or plan* names the indexes that PostgreSQL took when the queries were explained in the seeded world
  of `tests/plans`, inside functions and triggers too ([record](indexes.json)); no table counted as too
  small for its index there. A test fails when one of them is taken no more. Those before the semicolon were made for a question; the rest came with a key.
- Left out is what every endpoint does that takes a token: it reads `users` for the caller's role and
  status, at most once in 30 seconds for each caller and sandbox. So are the tables that rate limits are
  counted in, those that only row-level security's policies look at, and the checks of foreign keys.
  A name without a schema is in `public`.

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
    listed = list(endpoints)
    return (
        f"## {tag}\n\n| endpoint | pattern | caller | limit | lock | join | plan | coins |\n"
        f"| --- | --- | --- | --- | --- | --- | --- | --- |\n{''.join(map(_row, listed))}"
        f"\n{'\n'.join(map(_entry, listed))}"
    )


def _row(endpoint: HttpFunction) -> str:
    router, answers = endpoint.router, answers_of(endpoint)
    marks = (
        answers.needs_transaction,
        answers.needs_joins,
        answers.needs_plan,
        footprint_of(endpoint).moves_coins,
    )
    return (
        f"| [{_title(endpoint)}](#{_anchor(_title(endpoint))}) | {router.pattern} | {router.who} "
        f"| {router.limit} | {' | '.join('yes' if mark else 'no' for mark in marks)} |\n"
    )


def _entry(endpoint: HttpFunction) -> str:
    router = endpoint.router
    why = f"{router.why[0].upper()}{router.why[1:]}."
    return (
        f"### {_title(endpoint)}\n\n"
        f"**{router.pattern}**, [{endpoint.name}](../functions/{endpoint.name}.py). {why}\n\n"
        f"{_facts(endpoint)}"
    )


def _jobs(jobs: Iterable[Function]) -> str:
    entries = "\n".join(
        f"### {one.name}\n\n"
        f"**sql**, [{one.name}](../functions/{one.name}.py). {one.summary}\n\n{_facts(one)}"
        for one in jobs
    )
    return f"## Jobs\n\n{entries}"


def _facts(function: Function) -> str:
    footprint = footprint_of(function)
    facts = {
        "Transaction or lock": _transaction(function),
        "Joins or aggregates": _joins(answers_of(function)),
        "Index or plan": _plan(answers_of(function)),
        "Money": _money(function),
        "Writes": _names(footprint.writes),
        "Reads": _names(footprint.reads - footprint.writes),
    }
    return "".join(f"- {name}: {fact}\n" for name, fact in facts.items() if fact)


def _transaction(function: Function) -> str:
    answers = answers_of(function)
    if not answers.needs_transaction:
        return "no; one table is written" if answers.written else "no; it only reads"
    reasons = []
    if answers.locked:
        reasons.append(f"locks rows of {_names(answers.locked)}")
    if answers.waits:
        reasons.append("takes an advisory lock")
    if len(answers.written) > 1:
        reasons.append(f"writes {len(answers.written)} tables together")
    return f"yes; {', '.join(reasons)}{_within(function)}"


def _within(function: Function) -> str:
    """How an endpoint over REST comes by its transaction."""
    if not isinstance(function, HttpFunction) or function.router.pattern not in OVER_REST:
        return ""
    called = sorted(one for one in footprint_of(function).asked.values() if one)
    return f"; all within {' or '.join(map(_code, called)) or 'the row and its triggers'}"


def _joins(answers: Answers) -> str:
    if not answers.needs_joins:
        return "no"
    reasons = [f"joins {_names(answers.joined)}"] if answers.joined else []
    return f"yes; {', '.join(reasons + answers.aggregates)}"


def _plan(answers: Answers) -> str:
    keys = _names(answers.keys) or "none"
    told = f"yes; {_names(answers.indexes)}" if answers.needs_plan else "no"
    unexplained = _names(answers.unexplained)
    return f"{told}; keys: {keys}" + (f"; not explained: {unexplained}" if unexplained else "")


def _money(function: Function) -> str:
    """Nothing, where no door of the ledger is taken."""
    moved = movements_of(function)
    if not moved.doors:
        return ""
    doors = _names(moved.doors)
    if not moved.operations:
        return f"{doors}; no coin moves"
    return f"{doors}; transfers {_names(moved.operations)}; entries {_names(moved.types)}"


def _title(endpoint: HttpFunction) -> str:
    return f"{endpoint.method} {endpoint.path}"


def _anchor(heading: str) -> str:
    """As GitHub makes it of a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _names(named: Iterable[str]) -> str:
    return ", ".join(map(_code, sorted(named)))


def _code(name: str) -> str:
    return f"`{name.removeprefix('public.')}`"
