"""Who may listen to which private channel, asked as Realtime asks when a client joins it."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.channels import Realtime
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, Owner, People, Person

type Listens = Callable[[Person | None, str], bool]
"""Whether somebody (None: nobody in particular) may listen to a topic."""

NOT_A_CHANNEL = (
    "", " ", "stream", "stream:", "user:", ":", "lobby", "stream:nova", "stream:1",
    "stream:{id}0", "stream:{id}:chat", " stream:{id}", "stream:{id} ", "stream:{id}\n",
    "STREAM:{id}", "stream:{ID}", "streams:{id}", "user:stream:{id}", "realtime:stream:{id}",
    "stream:{{{id}}}", "stream:' or true --", "stream:%", "user:%", "user:null",
)  # fmt: skip


@pytest.fixture
def listens(backing: Backing) -> Listens:
    def asked(person: Person | None, topic: str, extension: str = "broadcast") -> bool:
        role = "authenticated" if person else "anon"
        claims = {"role": role} | ({"sub": str(person.id)} if person else {})
        with psycopg.connect(backing.direct_url) as realtime:
            realtime.execute(
                "insert into realtime.messages (topic, extension) values (%s, %s)",
                (topic, extension),
            )
            realtime.execute(
                """
                select
                  set_config('role', %s, true),
                  set_config('realtime.topic', %s, true),
                  set_config('request.jwt.claims', %s, true)
                """,
                (role, topic, json.dumps(claims)),
            )
            seen = realtime.execute(
                "select id from realtime.messages where topic = %s and extension = %s",
                (topic, extension),
            ).fetchall()
            realtime.rollback()
        return bool(seen)

    return asked


# A stream's channel

EVERYBODY = (
    *("anonymous", "stranger", "follower", "followed", "ticket holder"),
    *("banned", "banned follower", "banned ticket holder", "blocked", "blocking"),
    *("suspended", "suspended follower", "suspended ticket holder", "deleted", "admin", "host"),
)
LISTENERS = {
    "public": {
        *("anonymous", "stranger", "follower", "followed", "ticket holder", "admin", "host"),
    },
    "followers": {"follower", "host"},
    "ticketed": {"ticket holder", "host"},
}
FIELDS: dict[str, dict[str, Any]] = {
    "public": {},
    "followers": {"privacy": "followers"},
    "ticketed": {"privacy": "ticketed", "ticketPrice": 70},
}


type Become = Callable[[People, Person, Person, str], None]
"""Makes a person stand to the host and the stream in some way."""

WORDS: dict[str, Become] = {
    "follower": lambda people, person, host, _: people.follow(person, host),
    "followed": lambda people, person, host, _: people.follow(host, person),
    "ticket": lambda people, person, _, stream: buy_if_sold(people, person, stream),
    "banned": lambda people, person, _, stream: people.ban(stream, person),
    "blocked": lambda people, person, host, _: people.block(host, person),
    "blocking": lambda people, person, host, _: people.block(person, host),
    "suspended": lambda people, person, *_: people.suspend(person),
    "deleted": lambda people, person, *_: people.set(person, status="deleted"),
    "admin": lambda people, person, *_: people.set(person, role="admin"),
}


def become(who: str, people: People, host: Person, stream: str) -> Person | None:
    """Somebody who stands to the stream and its host as `who` says."""
    if who in ("anonymous", "host"):
        return host if who == "host" else None
    person = people.fan()
    # Nobody buys a ticket who is banned or suspended already.
    for word in sorted(who.split(), key=lambda one: one != "ticket"):
        if word in WORDS:
            WORDS[word](people, person, host, stream)
    return person


def buy_if_sold(people: People, person: Person, stream: str) -> None:
    """Sells a ticket of a stream that has any."""
    row = people.row("select ticket_price from streams where id = %(id)s", {"id": stream})
    if row["ticket_price"] is not None:
        people.sell_ticket(stream, person)


@pytest.mark.parametrize("privacy", LISTENERS)
@pytest.mark.parametrize("who", EVERYBODY)
def test_a_streams_channel_is_open_to_whoever_may_see_the_stream(
    people: People, creator: Person, open_stream: OpenStream, listens: Listens,
    privacy: str, who: str,
) -> None:  # fmt: skip
    stream = open_stream(**FIELDS[privacy])
    person = become(who, people, creator, stream)

    assert listens(person, f"stream:{stream}") == (who in LISTENERS[privacy])


def test_nobody_listens_to_the_stream_of_a_suspended_host(
    people: People, fan: Person, creator: Person, stream: str, listens: Listens
) -> None:
    people.suspend(creator)

    assert [listens(one, f"stream:{stream}") for one in (None, fan, creator)] == [False] * 3


def test_a_channel_is_open_before_a_stream_begins_and_after_it_has_ended(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream, listens: Listens
) -> None:
    scheduled = open_stream(scheduledFor=in_days(1))
    ended = open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    assert listens(fan, f"stream:{scheduled}")
    assert listens(fan, f"stream:{ended}")


def test_who_no_longer_follows_no_longer_listens(
    owner: Owner, people: People, fan: Person, creator: Person, open_stream: OpenStream,
    listens: Listens,
) -> None:  # fmt: skip
    stream = open_stream(privacy="followers")
    people.follow(fan, creator)
    assert listens(fan, f"stream:{stream}")

    owner.execute("delete from follows where follower_id = %s", (fan.id,))

    assert not listens(fan, f"stream:{stream}")


def test_a_stream_that_is_not_there_has_no_channel(fan: Person, listens: Listens) -> None:
    assert not listens(fan, f"stream:{uuid4()}")


# A user's channel


def test_a_users_channel_is_the_users_alone(
    people: People, fan: Person, creator: Person, admin: Person, listens: Listens
) -> None:
    people.follow(creator, fan)
    topic = f"user:{fan.id}"

    heard = {name: listens(one, topic) for name, one in {
        "user": fan, "followed creator": creator, "admin": admin, "anonymous": None,
    }.items()}  # fmt: skip

    assert heard == {
        "user": True, "followed creator": False, "admin": False, "anonymous": False,
    }  # fmt: skip


@pytest.mark.parametrize("status", ["suspended", "deleted"])
def test_whoever_is_no_longer_active_hears_nothing_of_their_own(
    people: People, fan: Person, listens: Listens, status: str
) -> None:
    if status == "suspended":
        people.suspend(fan)
    else:
        people.set(fan, status=status)

    assert not listens(fan, f"user:{fan.id}")


def test_a_user_without_an_account_hears_nothing(listens: Listens) -> None:
    unknown = Person(uuid4(), "nobody", "nobody@example.com", "")

    assert not listens(unknown, f"user:{unknown.id}")


# Everything else


@pytest.mark.parametrize("topic", NOT_A_CHANNEL, ids=repr)
def test_a_topic_of_another_form_is_denied_and_is_no_error(
    fan: Person, creator: Person, stream: str, listens: Listens, topic: str
) -> None:
    name = topic.format(id=stream, ID=stream.upper())

    assert [listens(one, name) for one in (None, fan, creator)] == [False] * 3


def test_without_a_topic_nothing_is_seen(backing: Backing, fan: Person) -> None:
    """Not even where a message lies for a channel that the caller may listen to."""
    with psycopg.connect(backing.direct_url) as connection:
        connection.execute(
            "insert into realtime.messages (topic, extension) values (%s, 'broadcast')",
            (f"user:{fan.id}",),
        )
        claims = json.dumps({"role": "authenticated", "sub": str(fan.id)})
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        connection.execute("set local role authenticated")
        seen = connection.execute("select id from realtime.messages").fetchall()
        connection.rollback()

    assert seen == []


def test_who_is_there_is_told_to_nobody(
    fan: Person, creator: Person, stream: str, listens: Callable[..., bool]
) -> None:
    """Presence would show who listens; the API says that, to whoever may know."""
    topic = f"stream:{stream}"

    assert not any(listens(one, topic, "presence") for one in (None, fan, creator))


@pytest.mark.parametrize("topic", ["stream:{stream}", "user:{user}", "lobby:{other}"])
def test_nobody_sends_but_the_platform(
    backing: Backing, supabase: httpx.Client, realtime: Realtime, creator: Person,
    stream: str, topic: str,
) -> None:  # fmt: skip
    """Realtime drops what a sender may not send, and says nothing of it."""
    name = topic.format(stream=stream, user=creator.id, other=uuid4())
    message = {"topic": name, "event": "gift", "payload": {}, "private": True}
    senders = {
        "anonymous": {},
        "host": {"Authorization": f"Bearer {creator.token}"},
        "platform": {"apikey": backing.secret_key},
    }

    for sender, headers in senders.items():
        body = {"messages": [message | {"payload": {"sender": sender}}]}
        answer = supabase.post("/realtime/v1/api/broadcast", json=body, headers=headers)
        assert answer.status_code == 202

    assert [one["payload"]["sender"] for one in realtime.heard(name)] == ["platform"]
