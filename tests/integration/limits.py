"""The rate limits: out of the way of tests that are about something else, and as they are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import pytest

from limelight.http.windows import windows
from limelight.platform.settings import kernel_settings
from local.services.limits import declared_limits
from tests.integration.api import Answer
from tests.integration.people import Owner

UNHINDERED: Final = 1_000_000
MOST: Final = 1_000
"""The most that a rule can be raised to."""


def lift(owner: Owner) -> None:
    """Raises every shared limit as far as it goes, and forgets who was counted."""
    owner.execute("update private.rate_limits set max_requests = %s", (MOST,))
    owner.execute("truncate private.rate_usage")


@contextmanager
def restored(owner: Owner) -> Iterator[None]:
    """Within, the limits are those of the migrations and the settings, and nobody was counted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DEFAULT_REQUESTS_PER_MINUTE")
        _restore(owner)
        _forget()
        try:
            yield
        finally:
            lift(owner)
    _forget()


def _restore(owner: Owner) -> None:
    owner.execute("truncate private.rate_usage")
    for rule, figures in declared_limits().items():
        for seconds, requests in figures.items():
            owner.execute(
                """
                update private.rate_limits
                set max_requests = %s
                where rule = %s
                  and window_seconds = %s
                """,
                (requests, rule, seconds),
            )


def _forget() -> None:
    kernel_settings.cache_clear()
    windows.clear()


@dataclass(frozen=True)
class Told:
    """What an answer says of its caller: the policies' requests and seconds, the tightest one."""

    policies: dict[str, tuple[int, int]]
    name: str
    remaining: int
    seconds: int


def told(answer: Answer) -> Told:
    """The standing that an answer tells; its fields must be exactly of the draft's form."""
    (name, (remaining, seconds)), *others = _items(answer.headers["ratelimit"], "r", "t")
    assert others == []
    policies = _items(answer.headers["ratelimit-policy"], "q", "w")
    assert len(dict(policies)) == len(policies), "a policy's name is told twice"
    assert name in dict(policies)
    if answer.status == 429:
        assert (remaining, answer.headers["retry-after"]) == (0, str(seconds))
        assert seconds >= 1
    return Told(dict(policies), name, remaining, seconds)


def tells_nothing(answer: Answer) -> bool:
    """Whether an answer was not counted."""
    return not answer.headers.keys() & {"ratelimit", "ratelimit-policy"}


def counted(owner: Owner, subject: object) -> int:
    """How many requests of a subject are counted, under whatever rule."""
    row = owner.execute(
        "select coalesce(sum(cardinality(used_at)), 0) from private.rate_usage where subject = %s",
        (str(subject),),
    ).fetchone()
    assert row is not None
    return int(row[0])


def _items(field: str, *names: str) -> list[tuple[str, tuple[int, int]]]:
    """A List of Strings with two Integer parameters each (RFC 9651), in their shortest spelling."""
    item = rf'"([a-z_]+-[1-9]\d*s)";{names[0]}=(0|[1-9]\d*);{names[1]}=(0|[1-9]\d*)'
    assert re.fullmatch(rf"{item}(, {item})*", field), field
    return [(name, (int(one), int(two))) for name, one, two in re.findall(item, field)]
