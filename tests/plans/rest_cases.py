"""Every query that reads over REST, called as its endpoint calls it.

What writes over REST is one row of the caller's by its key, or one of the database's functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from limelight.admin import service as admin
from limelight.messages import service as messages
from limelight.paging import PageRequest
from limelight.people import service as people
from limelight.relations import service as relations
from limelight.schema import UserId
from tests.plans.case import BATCH, CROWD, ONE, PAGE
from tests.plans.places import Places

FIRST: Final = PageRequest(20, None)
EVERYBODY: Final = frozenset({"public.users"})


@dataclass(frozen=True)
class Read:
    """A call about one thing, or of a page, by somebody."""

    name: str
    """The query's, as in logs and metrics."""
    who: Callable[[Places], UserId]
    run: Callable[[Places, str], object]
    """Takes the caller's token."""
    rows: int = ONE
    """What it may read, sort and hand on."""
    counts: frozenset[str] = frozenset()
    """The tables that it counts as a whole, and so reads through."""


def fan(at: Places) -> UserId:
    return at.fan


def creator(at: Places) -> UserId:
    return at.creator


READS: Final = (
    Read("people.check_username", fan, lambda at, _: people.check_username(at.creator_name)),
    Read(
        "people.own_account_and_wallet", fan, lambda at, token: people.me(token, at.fan), rows=BATCH
    ),
    Read("people.own_account", fan, lambda at, token: people.own_profile(token, at.fan)),
    Read("people.username_status", fan, lambda _, token: people.username_status(token)),
    Read(
        "people.creator_settings",
        creator,
        lambda at, token: people.creator_settings(token, at.creator),
    ),
    Read(
        "people.latest_application",
        fan,
        lambda at, token: people.latest_application(token, at.fan),
    ),
    Read(
        "relations.blocked",
        creator,
        lambda at, token: relations.blocked(token, at.creator, FIRST),
        rows=PAGE,
    ),
    Read(
        "messages.conversations",
        creator,
        lambda _, token: messages.conversations(token, FIRST),
        rows=PAGE,
    ),
    Read(
        "messages.messages",
        creator,
        lambda at, token: messages.messages(token, at.conversation, FIRST),
        rows=PAGE,
    ),
    Read(
        "messages.unread_count", creator, lambda _, token: messages.unread_count(token), rows=PAGE
    ),
    Read("messages.requests", creator, lambda _, token: messages.requests(token, FIRST), rows=PAGE),
    Read("admin.applications", fan, lambda *_: admin.applications(None, FIRST), rows=PAGE),
    Read("admin.users", fan, lambda *_: admin.users(None, None, None, FIRST), rows=PAGE),
    Read("admin.stats", fan, lambda *_: admin.stats(), rows=CROWD, counts=EVERYBODY),
    Read("admin.analytics", fan, lambda *_: admin.analytics(), rows=CROWD, counts=EVERYBODY),
)
