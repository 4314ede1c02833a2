"""Streams that a fan may not see, each for its reason; and many who vote in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from psycopg.types.json import Json

from tests.integration.clock import Clock
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.tokens import Tokens


@dataclass(frozen=True)
class Closed:
    """A stream that the fan may not see, and what the fan is told."""

    stream: str
    status: int
    code: str


type Close = Callable[[People, Person, Person, OpenStream], Closed]


def _banned(people: People, fan: Person, _: Person, open_stream: OpenStream) -> Closed:
    stream = open_stream()
    people.ban(stream, fan)
    return Closed(stream, 403, "banned")


def _blocked_by_host(people: People, fan: Person, host: Person, open_stream: OpenStream) -> Closed:
    people.block(host, fan)
    return Closed(open_stream(), 403, "blocked")


def _blocking_host(people: People, fan: Person, host: Person, open_stream: OpenStream) -> Closed:
    people.block(fan, host)
    return Closed(open_stream(), 403, "blocked")


def _no_follower(people: People, fan: Person, host: Person, open_stream: OpenStream) -> Closed:
    people.follow(host, fan)
    return Closed(open_stream(privacy="followers"), 403, "follow_required")


def _banned_follower(people: People, fan: Person, host: Person, open_stream: OpenStream) -> Closed:
    people.follow(fan, host)
    stream = open_stream(privacy="followers")
    people.ban(stream, fan)
    return Closed(stream, 403, "banned")


def _no_ticket(people: People, fan: Person, host: Person, open_stream: OpenStream) -> Closed:
    people.follow(fan, host)
    return Closed(open_stream(privacy="ticketed", ticketPrice=70), 403, "ticket_required")


def _suspended_host(people: People, _: Person, host: Person, open_stream: OpenStream) -> Closed:
    stream = open_stream()
    people.suspend(host)
    return Closed(stream, 404, "not_found")


def _unknown(*_: object) -> Closed:
    return Closed(str(uuid4()), 404, "not_found")


CLOSED: dict[str, Close] = {
    "banned": _banned,
    "blocked by the host": _blocked_by_host,
    "blocking the host": _blocking_host,
    "not a follower": _no_follower,
    "a banned follower": _banned_follower,
    "without a ticket": _no_ticket,
    "the host is suspended": _suspended_host,
    "no such stream": _unknown,
}


@pytest.fixture(params=CLOSED)
def closed(
    request: pytest.FixtureRequest,
    people: People,
    fan: Person,
    creator: Person,
    open_stream: OpenStream,
) -> Closed:
    """One after the other, every stream that the fan may not see."""
    return CLOSED[request.param](people, fan, creator, open_stream)


@pytest.fixture(params=["public", "followers", "ticketed"])
def admitted(
    request: pytest.FixtureRequest,
    people: People,
    fan: Person,
    creator: Person,
    open_stream: OpenStream,
) -> str:
    """One after the other, live streams of every privacy that the fan may see."""
    if request.param == "public":
        return open_stream()
    if request.param == "followers":
        people.follow(fan, creator)
        return open_stream(privacy="followers")
    stream = open_stream(privacy="ticketed", ticketPrice=70)
    people.sell_ticket(stream, fan)
    return stream


# Many who vote


@pytest.fixture(scope="session")
def voters(owner: Owner, tokens: Tokens) -> list[Person]:
    """Two hundred people, made without a sign-up of each; tests share them."""
    everybody = []
    for number in range(200):
        user_id, username = uuid4(), f"voter_{number}_{uuid4().hex[:6]}"
        email = f"{username}@example.com"
        owner.execute(
            "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
            (user_id, email, Json({"username": username})),
        )
        everybody.append(Person(user_id, username, email, tokens.signed(user_id)))
    return everybody


@pytest.fixture(autouse=True)
def sound_polls(owner: Owner) -> Iterator[None]:
    """After every test of streams, the figures of every poll are its votes, open or closed."""
    yield
    wrong = owner.execute(
        """
        select o.id
        from stream_poll_options o
        where o.votes + coalesce(
            (select sum(t.votes) from stream_poll_tallies t where t.option_id = o.id), 0
          ) <> (select count(*) from stream_poll_votes v where v.option_id = o.id)
        """
    ).fetchall()
    assert wrong == []


@pytest.fixture
def fee_of_a_fifth(owner: Owner) -> Iterator[None]:
    """The platform takes a fifth of every gift, tip and ticket."""
    owner.execute(
        """
        insert into ledger.fee_rates (operation, basis_points)
        select unnest(array['gift', 'tip', 'stream_ticket']), 2000
        """
    )
    yield
    owner.execute("delete from ledger.fee_rates")


type AddUp = Callable[[], None]
"""Lets a minute go by, and the job after it add what has ended to the totals."""


@pytest.fixture
def add_up(owner: Owner, clock: Clock) -> AddUp:
    def wait_and_add() -> None:
        clock.advance(seconds=61)
        while owner.execute("select private.total_streams(500)").fetchall():
            pass

    return wait_and_add
