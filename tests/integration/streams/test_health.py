"""GET /api/streams/{streamId}/heartbeat."""

from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, People, Person

TICKETED = {"privacy": "ticketed", "ticketPrice": 70}


def test_a_host_who_was_just_heard_of_is_healthy(api: Api, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/heartbeat")

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {
        "isHealthy", "isBrb", "secondsSinceHeartbeat", "gracePeriodSeconds",
    }  # fmt: skip
    assert (answer.json["isHealthy"], answer.json["isBrb"]) == (True, False)
    assert 0 <= answer.json["secondsSinceHeartbeat"] < 60
    assert answer.json["gracePeriodSeconds"] == 300


@pytest.mark.parametrize(
    ("fields", "silent", "healthy", "brb", "grace"),
    [
        ({}, 110, True, False, 300),
        ({}, 120, False, True, 300),
        ({}, 290, False, True, 300),
        ({}, 300, False, False, 300),
        ({"privacy": "followers"}, 120, False, True, 300),
        ({"privacy": "followers"}, 300, False, False, 300),
        (TICKETED, 110, True, False, 600),
        (TICKETED, 120, False, True, 600),
        (TICKETED, 590, False, True, 600),
        (TICKETED, 600, False, False, 600),
    ],
    ids=str,
)
def test_a_silent_host_will_be_right_back_until_the_grace_is_over(
    api: Api, open_stream: OpenStream, clock: Clock, fields: dict[str, object], silent: int,
    healthy: bool, brb: bool, grace: int,
) -> None:  # fmt: skip
    stream = open_stream(**fields)
    clock.advance(seconds=silent)

    health = api.get(f"/api/streams/{stream}/heartbeat").json

    assert (health["isHealthy"], health["isBrb"]) == (healthy, brb)
    assert silent <= health["secondsSinceHeartbeat"] < silent + 10
    assert health["gracePeriodSeconds"] == grace


def test_a_heartbeat_makes_the_stream_healthy_again(
    api: Api, creator: Person, stream: str, clock: Clock
) -> None:
    clock.advance(seconds=200)
    api.post(f"/api/streams/{stream}/heartbeat", creator.token)

    health = api.get(f"/api/streams/{stream}/heartbeat").json

    assert (health["isHealthy"], health["isBrb"]) == (True, False)


def test_anybody_may_ask_whatever_they_are_to_the_stream(
    api: Api, people: People, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(**TICKETED)
    banned, blocked = people.fan(), people.fan()
    people.ban(stream, banned)
    people.block(creator, blocked)
    tokens = [None, *(one.token for one in (fan, banned, blocked, creator))]

    answers = [api.get(f"/api/streams/{stream}/heartbeat", token) for token in tokens]

    assert [one.status for one in answers] == [200] * 5


def test_only_a_live_stream_has_a_host(api: Api, creator: Person, open_stream: OpenStream) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [api.get(f"/api/streams/{one}/heartbeat") for one in (scheduled, ended)]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


def test_a_stream_that_never_was_or_whose_host_is_suspended_is_not_there(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    people.suspend(creator)

    refusals = [
        api.get(f"/api/streams/{one}/heartbeat", token)
        for one in (stream, uuid4())
        for token in (None, fan.token)
    ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 4
    assert len({one.json["detail"] for one in refusals}) == 1
