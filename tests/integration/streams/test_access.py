"""One access rule for every route of a stream: each route with each kind of caller.

A new route joins by a line in `ROUTES`; until it has one, the first test fails.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import uuid4

import pytest

from local.facts.endpoints import http_functions
from tests.integration.api import Answer, Api
from tests.integration.every_endpoint.asking import ask
from tests.integration.people import Owner, People, Person

LET_IN: Final = "let in"
REFUSALS: Final = {
    "account_suspended", "authentication_required", "banned", "blocked", "follow_required",
    "not_owner", "own_stream", "ticket_required",
}  # fmt: skip
"""What the access rule answers. Whatever else a route answers, it has let the caller in."""

PRIVACIES: Final[Mapping[str, Mapping[str, object]]] = {
    "public": {},
    "followers": {"privacy": "followers"},
    "ticketed": {"privacy": "ticketed", "ticketPrice": 70},
}

type Verdicts = Mapping[str, str]
"""What each kind of caller gets, the owner last: their request may end the stream."""

_SHUT_OUT: Final = {
    "banned": "banned", "blocked": "blocked", "blocking": "blocked",
    "suspended": "account_suspended",
}  # fmt: skip

_RULE: Final[Mapping[str, Verdicts]] = {
    "public": {
        "anonymous": LET_IN, "stranger": LET_IN, "follower": LET_IN, "ticket holder": LET_IN,
        **_SHUT_OUT, "owner": LET_IN,
    },
    "followers": {
        "anonymous": "authentication_required", "stranger": "follow_required",
        "follower": LET_IN, "ticket holder": "follow_required", **_SHUT_OUT, "owner": LET_IN,
    },
    "ticketed": {
        "anonymous": "authentication_required", "stranger": "ticket_required",
        "follower": "ticket_required", "ticket holder": LET_IN, **_SHUT_OUT, "owner": LET_IN,
    },
}  # fmt: skip
"""The rule: exists, owner, not banned or blocked, public, signed in, follows, has a ticket."""


@dataclass(frozen=True)
class RouteClass:
    """How a kind of route differs from the rule."""

    all_but_the_owner: str | None = None
    """The one answer to everybody else, where the rule is not asked."""
    differs: Verdicts = MappingProxyType({})

    def verdicts(self, privacy: str) -> Verdicts:
        rule = dict(_RULE[privacy])
        if self.all_but_the_owner:
            rule = dict.fromkeys(rule, self.all_but_the_owner)
            rule |= {"suspended": "account_suspended", "owner": LET_IN}
        return rule | dict(self.differs)


SHOWS = RouteClass()
TAKES_PART = RouteClass(differs={"anonymous": "authentication_required"})
GIVES = RouteClass(differs={"anonymous": "authentication_required", "owner": "own_stream"})
OWNER_ONLY = RouteClass("not_owner", {"anonymous": "authentication_required"})
OPEN = RouteClass(LET_IN)
KNOWS = RouteClass(LET_IN, {"anonymous": "authentication_required"})
BUYS = RouteClass(
    LET_IN, {**_SHUT_OUT, "anonymous": "authentication_required", "owner": "own_stream"}
)

ROUTES: Final[Mapping[str, RouteClass]] = {
    "streams/ban": OWNER_ONLY,
    "streams/delete_message": TAKES_PART,
    "streams/end_poll": OWNER_ONLY,
    "streams/message": TAKES_PART,
    "streams/open_poll": OWNER_ONLY,
    "streams/polls": SHOWS,
    "streams/slow_mode": OWNER_ONLY,
    "streams/timeout": OWNER_ONLY,
    "streams/unban": OWNER_ONLY,
    "streams/vote": TAKES_PART,
    "streams/broadcast_token": OWNER_ONLY,
    "streams/buy_ticket": BUYS,
    "streams/create_goal": OWNER_ONLY,
    "streams/delete_goal": OWNER_ONLY,
    "streams/end": OWNER_ONLY,
    "streams/get": SHOWS,
    "streams/gift": GIVES,
    "streams/goals": SHOWS,
    "streams/health": OPEN,
    "streams/heartbeat": OWNER_ONLY,
    "streams/join": TAKES_PART,
    "streams/leaderboard": SHOWS,
    "streams/leave": TAKES_PART,
    "streams/messages": SHOWS,
    "streams/start": OWNER_ONLY,
    "streams/ticket": KNOWS,
    "streams/tip": GIVES,
    "streams/token": SHOWS,
    "streams/update": OWNER_ONLY,
    "streams/update_goal": OWNER_ONLY,
    "streams/viewer_heartbeat": TAKES_PART,
    "streams/viewers": SHOWS,
}
"""Every route of a stream. Whoever has watched may leave, banned or not (`test_leave.py`)."""

OF_A_STREAM: Final = {one.name: one for one in http_functions() if "{streamId}" in one.path}


def test_every_route_of_a_stream_is_in_the_table() -> None:
    assert ROUTES.keys() == OF_A_STREAM.keys()


@dataclass(frozen=True)
class Cast:
    """A host, and everybody that a host's stream can have to do with."""

    host: Person
    others: Mapping[str, Person]
    """By what they are to the host; those for a single stream become it as it is opened."""

    def token(self, relation: str) -> str | None:
        if relation == "anonymous":
            return None
        return self.host.token if relation == "owner" else self.others[relation].token


@pytest.fixture(scope="module")
def everybody(people: People) -> Cast:
    relations = (
        *("stranger", "follower", "ticket holder", "banned", "blocked", "blocking", "suspended"),
    )
    cast = Cast(people.creator(), {relation: people.fan() for relation in relations})
    people.follow(cast.others["follower"], cast.host)
    people.follow(cast.others["banned"], cast.host)
    people.block(cast.host, cast.others["blocked"])
    people.block(cast.others["blocking"], cast.host)
    people.suspend(cast.others["suspended"])
    return cast


@pytest.fixture(params=PRIVACIES)
def privacy(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


@pytest.fixture
def opened(api: Api, owner: Owner, people: People, everybody: Cast, privacy: str) -> Iterator[str]:
    """A new live stream of the host, with somebody banned, and a ticket sold if it has any."""
    body = {"title": "Piano", "category": "music"} | dict(PRIVACIES[privacy])
    made = api.post("/api/streams/create", everybody.host.token, body)
    stream = made.json["id"]
    if privacy == "ticketed":
        people.sell_ticket(stream, everybody.others["ticket holder"])
    people.ban(stream, everybody.others["banned"])
    yield stream
    owner.execute("select private.end_streams(array[%s::uuid])", (stream,))


def ask_about(api: Api, name: str, stream: object, token: str | None) -> Answer:
    """A good request to the route, about this stream and nothing else that there is."""
    function = OF_A_STREAM[name]
    path = function.path.replace("{streamId}", str(stream))
    return ask(api, function, token, path=re.sub(r"\{\w+\}", lambda _: str(uuid4()), path))


def verdict(answer: Answer) -> str:
    assert answer.status < 500, answer.text
    if answer.status < 400:
        return LET_IN
    return answer.code if answer.code in REFUSALS else LET_IN


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_lets_in_whom_the_rule_lets_in(
    api: Api, everybody: Cast, privacy: str, opened: str, name: str
) -> None:
    expected = ROUTES[name].verdicts(privacy)

    found = {
        relation: verdict(ask_about(api, name, opened, everybody.token(relation)))
        for relation in expected
    }

    assert found == expected


@pytest.mark.parametrize("name", ROUTES)
def test_a_stream_that_is_not_there_or_whose_host_is_suspended_is_hidden_from_everybody(
    api: Api, people: People, fan: Person, creator: Person, stream: str, name: str
) -> None:
    people.suspend(creator)
    optional = OF_A_STREAM[name].router.who.token_is_optional
    tokens = [fan.token, None] if optional else [fan.token]

    answers = [ask_about(api, name, one, token) for one in (stream, uuid4()) for token in tokens]

    assert {(one.status, one.code) for one in answers} == {(404, "not_found")}
