"""What a plan case is, and what calls of the services need."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol
from uuid import uuid4

from limelight.data import system
from limelight.data.system import Query
from limelight.money import ledger
from limelight.money.once import Once
from limelight.paging import PageRequest
from limelight.schema import UserId
from tests.plans.places import Places

ONE: Final = 80
"""Rows that a call about one thing reads at most."""
PAGE: Final = 250
"""Rows that a page of 20 reads at most: some ten for each that is shown."""
AUDIENCE: Final = 2_000
"""Rows that may be read and sorted where an audience is too small for its index to be worth it."""
CROWD: Final = 60_000
"""Rows that a call reads at most which counts everybody who came to the stream, or what they gave:
22,000 where most came, along an index alone, 2 ms. ADR 0008 says how seldom that is done."""
UNFOLDED: Final = 10_000
"""Rows that a call reads at most which adds up a wallet's credits since the last fold."""
INBOX: Final = 1_000
"""Rows that a count reads at most which adds up what is unread in all of somebody's conversations:
307 where there are most, along an index alone."""
BATCH: Final = 500
"""Rows that a job's statement reads at most, for a batch of 100."""


class Page(Protocol):
    """What a list's service answers."""

    @property
    def next_cursor(self) -> str | None: ...


@dataclass(frozen=True)
class Call:
    """A call about one thing."""

    query: Query
    run: Callable[[Places], object]
    who: str = ""
    rows: int = ONE
    """What it may read, sort and hand on."""


@dataclass(frozen=True)
class List:
    """A call that answers a page."""

    query: Query
    page: Callable[[Places, PageRequest], Page]
    who: str = ""
    rows: int = PAGE


def once() -> Once:
    return Once(str(uuid4()), "hash", str(uuid4()))


def funded(at: Places, user_id: UserId | None = None) -> UserId:
    """The user, else somebody, who has now coins enough."""
    payer = user_id or at.newcomer
    ledger.adjust(at.admin, payer, 10_000, "to pay with", once())
    return payer


def ask(query: Query, **params: object) -> list[system.Row]:
    """For a query whose service goes on to do what is of no interest here."""
    return system.fetch_all(query, params)
