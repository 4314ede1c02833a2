"""POST /api/streams/{streamId}/timeout."""

import threading
from datetime import datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Answer, Api
from tests.integration.clock import Clock
from tests.integration.moments import is_moment
from tests.integration.people import People, Person


def time_out(api: Api, stream: str, host: Person, viewer: Person, minutes: object = 10) -> Answer:
    body = {"userId": str(viewer.id), "minutes": minutes}
    return api.post(f"/api/streams/{stream}/timeout", host.token, body)


def say(api: Api, stream: str, person: Person) -> Answer:
    return api.post(f"/api/streams/{stream}/message", person.token, {"content": "hello"})


@pytest.mark.parametrize("minutes", [1, 10, 1440])
def test_a_timeout_is_answered_with_whom_and_until_when(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str, minutes: int
) -> None:
    answer = time_out(api, stream, creator, fan, minutes)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"streamId", "userId", "endsAt"}
    assert (answer.json["streamId"], answer.json["userId"]) == (stream, str(fan.id))
    assert is_moment(answer.json["endsAt"])
    away = datetime.fromisoformat(answer.json["endsAt"]) - clock.now
    assert timedelta(minutes=minutes - 0.5) < away <= timedelta(minutes=minutes)


def test_a_viewer_who_was_timed_out_goes_on_watching(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)

    time_out(api, stream, creator, fan)

    assert api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token).status == 200
    assert api.get(f"/api/streams/{stream}/messages", fan.token).status == 200
    assert say(api, stream, fan).code == "timed_out"


@pytest.mark.parametrize(("first", "second"), [(60, 1), (1, 60)])
def test_a_timeout_takes_the_place_of_an_earlier_one(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str, first: int, second: int
) -> None:
    time_out(api, stream, creator, fan, first)
    time_out(api, stream, creator, fan, second)
    clock.advance(minutes=2)

    assert say(api, stream, fan).status == (201 if second == 1 else 403)


@pytest.mark.parametrize("minutes", [0, -1, 1441, 1.0, 1.5, "5", None, True, 2**63], ids=repr)
def test_a_timeout_is_one_minute_to_a_day(
    api: Api, fan: Person, creator: Person, stream: str, minutes: object
) -> None:
    refused = time_out(api, stream, creator, fan, minutes)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert say(api, stream, fan).status == 201


def test_nobody_times_themselves_out(api: Api, creator: Person, stream: str) -> None:
    refused = time_out(api, stream, creator, creator)

    assert (refused.status, refused.code) == (403, "own_account")
    assert say(api, stream, creator).status == 201


def test_only_somebody_can_be_timed_out(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    gone = people.fan()
    people.set(gone, status="deleted")

    for user in (gone.id, uuid4()):
        body = {"userId": str(user), "minutes": 1}
        refused = api.post(f"/api/streams/{stream}/timeout", creator.token, body)
        assert (refused.status, refused.code) == (404, "not_found")


def test_only_the_host_times_viewers_out(
    api: Api, people: People, fan: Person, admin: Person, stream: str
) -> None:
    refusals = [time_out(api, stream, one, fan) for one in (fan, people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert say(api, stream, fan).status == 201


def test_a_stream_that_never_was_has_no_timeouts(api: Api, fan: Person, creator: Person) -> None:
    refused = time_out(api, str(uuid4()), creator, fan)

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_line_that_waited_for_the_timeout_of_its_author_is_refused(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str
) -> None:
    answers: list[Answer] = []

    with psycopg.connect(backing.direct_url) as host:
        host.execute("select private.time_out_viewer(%s, %s, %s, 1)", (stream, creator.id, fan.id))
        saying = threading.Thread(target=lambda: answers.append(say(api, stream, fan)))
        saying.start()
        saying.join(0.3)
        assert saying.is_alive()
    saying.join(5)

    assert [(one.status, one.code) for one in answers] == [(403, "timed_out")]
