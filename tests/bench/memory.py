"""Warm functions on the real stack, under Lambda's runtime: the memory that they need at most, the
processor time of a request, and what that makes of it at each size of a function."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

import psycopg

from limelight.http import Pattern
from local.host.state import PROJECT
from local.services.backing import Backing
from local.stack.runtime import Sandbox
from tests.bench.cold import FUNCTIONS, Built, built
from tests.bench.harness import Report, Row, Target
from tests.integration import limits
from tests.integration.people import People

WARM_UP, REQUESTS = 20, 300
MEGABYTE: Final = 1024 * 1024
MOST_MEGABYTES: Final[Mapping[Pattern, float]] = {
    Pattern.SQL: 150,
    Pattern.MONEY: 150,
    Pattern.REST: 180,
    Pattern.ADMIN: 180,
}
CHOSEN_MEGABYTES: Final = 512
SIZES: Final = (128, CHOSEN_MEGABYTES, 1024)
MEGABYTES_OF_A_PROCESSOR: Final = 1769
"""What a function needs for the equivalent of one vCPU, by AWS's documentation; less is a share."""

STREAM: Final = """
insert into public.streams (creator_id, title, category, status, started_at, host_seen_at)
values (%(host)s, 'Piano', 'music', 'live', now(), now())
returning id
"""

_PLACEHOLDER: Final = re.compile(r"\$\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Warm:
    """What a function's process has needed: bytes at most, and processor time (ms)."""

    peak: int
    request: float


def run(report: Report) -> None:
    """Rows for one function of each pattern."""
    with built() as (one, backing):
        told = _settle_in(backing)
        for pattern, name in FUNCTIONS.items():
            with report.measuring(f"warm requests, {pattern}"):
                warm = _warm(one, name, told)
            _rows(report, pattern, name, warm)


def _settle_in(backing: Backing) -> Mapping[str, str]:
    """Makes the people and the stream that the events speak of."""
    with psycopg.connect(backing.direct_url, autocommit=True) as owner:
        people = People(backing, owner)
        fan, creator, admin = people.fan(), people.creator(), people.admin()
        limits.lift(owner)
        owner.execute(
            "select ledger.adjust(%s, %s, 1000000::bigint, 'bench', 'k', 'h', 'q')",
            (admin.id, fan.id),
        )
        stream = people.row(STREAM, {"host": creator.id})
        people.close()
    return {
        "FAN_TOKEN": fan.token,
        "CREATOR_TOKEN": creator.token,
        "ADMIN_TOKEN": admin.token,
        "STREAM_ID": str(stream["id"]),
    }


def _warm(one: Built, name: str, told: Mapping[str, str]) -> Warm:
    function = one.function(name)
    unhindered = {**function.environment, "DEFAULT_REQUESTS_PER_MINUTE": "1000000"}
    event = (PROJECT / "events" / f"{name}.json").read_text()
    with Sandbox(one.supervisor, one.state, replace(function, environment=unhindered)) as sandbox:
        for _ in range(WARM_UP):
            _invoke(sandbox, event, told)
        before = sandbox.processor_time
        for _ in range(REQUESTS):
            _invoke(sandbox, event, told)
        spent = sandbox.processor_time - before
        return Warm(sandbox.peak_memory, spent * 1000 / REQUESTS)


def _invoke(sandbox: Sandbox, event: str, told: Mapping[str, str]) -> None:
    values = {**told, "IDEMPOTENCY_KEY": str(uuid4())}
    answer = sandbox.invoke(_PLACEHOLDER.sub(lambda found: values[found[1]], event))
    if answer.get("statusCode", 500) >= 300:
        raise RuntimeError(f"answered {answer}")


def _rows(report: Report, pattern: Pattern, name: str, warm: Warm) -> None:
    most = MOST_MEGABYTES[pattern]
    target = Target(most, f"≤ {most:.0f} MB")
    peak = f"peak memory, {pattern}"
    times = f"{name}, {REQUESTS} times"
    report.add(Row(peak, warm.peak / MEGABYTE, "MB", target=target, note=times))
    for size in SIZES:
        share = size / MEGABYTES_OF_A_PROCESSOR
        note = f"{share:.2f} of a processor"
        row = f"request at {size} MB, {pattern}"
        report.add(Row(row, warm.request / share, "ms", "at 1769 MB", warm.request, note=note))
