"""POST /api/streams/{streamId}/start."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.people import OpenStream, People, Person
from tests.integration.streams.conftest import Closed


@pytest.fixture
def scheduled(open_stream: OpenStream) -> str:
    """The id of the creator's public stream of tomorrow."""
    return open_stream(scheduledFor=in_days(1))


def start(api: Api, stream: object, person: Person) -> Answer:
    return api.post(f"/api/streams/{stream}/start", person.token)


def shown(api: Api, stream: str, person: Person) -> Any:
    return api.get(f"/api/streams/{stream}", person.token).json


def test_a_scheduled_stream_goes_live(api: Api, creator: Person, scheduled: str) -> None:
    before = shown(api, scheduled, creator)

    started = start(api, scheduled, creator)

    assert started.status == 200
    assert started.headers["cache-control"] == "no-store"
    assert started.json == shown(api, scheduled, creator)
    assert is_moment(started.json["startedAt"])
    assert just_now(started.json["startedAt"])
    assert started.json == before | {
        "status": "live",
        "startedAt": started.json["startedAt"],
    }


def test_a_started_stream_is_live_like_any_other(
    api: Api, fan: Person, creator: Person, scheduled: str
) -> None:
    start(api, scheduled, creator)

    assert api.post(f"/api/streams/{scheduled}/join", fan.token).json["currentViewers"] == 1
    assert api.post(f"/api/streams/{scheduled}/heartbeat", creator.token).status == 200
    live = api.get("/api/streams/live", limit=100).json["streams"]
    assert scheduled in [one["id"] for one in live]
    assert api.post(f"/api/streams/{scheduled}/end", creator.token).json["peakViewers"] == 1


def test_starting_again_changes_nothing(api: Api, creator: Person, scheduled: str) -> None:
    first, second = (start(api, scheduled, creator) for _ in range(2))

    assert (second.status, second.json) == (200, first.json)


def test_a_stream_that_was_live_at_once_stays_as_it_is(
    api: Api, creator: Person, stream: str
) -> None:
    before = shown(api, stream, creator)

    started = start(api, stream, creator)

    assert (started.status, started.json) == (200, before)


def test_starting_many_times_at_once_is_starting_once(
    api: Api, creator: Person, scheduled: str, crowd: None
) -> None:
    answers = api.at_once([Post(f"/api/streams/{scheduled}/start", creator.token)] * 8)

    assert [one.status for one in answers] == [200] * 8
    assert len({one.text for one in answers}) == 1


def test_a_creator_has_one_live_stream(
    api: Api, creator: Person, stream: str, scheduled: str
) -> None:
    refused = start(api, scheduled, creator)

    assert (refused.status, refused.code) == (409, "already_live")
    assert refused.json["streamId"] == stream
    assert shown(api, scheduled, creator)["status"] == "scheduled"


def test_after_the_end_of_one_stream_the_next_can_start(
    api: Api, creator: Person, stream: str, scheduled: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert start(api, scheduled, creator).json["status"] == "live"


def test_of_many_streams_started_at_once_one_is_live(
    api: Api, creator: Person, open_stream: OpenStream, crowd: None
) -> None:
    streams = [open_stream(scheduledFor=in_days(1)) for _ in range(6)]

    answers = api.at_once([Post(f"/api/streams/{one}/start", creator.token) for one in streams])

    assert sorted(one.status for one in answers) == [200] + [409] * 5
    (live,) = (one.json["id"] for one in answers if one.status == 200)
    refusals = [one for one in answers if one.status == 409]
    assert {(one.code, one.json["streamId"]) for one in refusals} == {("already_live", live)}


def test_a_stream_that_has_ended_does_not_start_again(
    api: Api, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)
    before = shown(api, stream, creator)

    refused = start(api, stream, creator)

    assert (refused.status, refused.code) == (409, "stream_ended")
    assert shown(api, stream, creator) == before


def test_only_the_host_starts_a_stream(
    api: Api, people: People, fan: Person, creator: Person, admin: Person, scheduled: str
) -> None:
    refusals = [start(api, scheduled, one) for one in (fan, people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert shown(api, scheduled, creator)["status"] == "scheduled"


def test_whoever_may_not_see_the_stream_cannot_start_it(
    api: Api, fan: Person, closed: Closed
) -> None:
    refused = start(api, closed.stream, fan)

    hidden = closed.status == 404
    assert (refused.status, refused.code) == ((404, "not_found") if hidden else (403, "not_owner"))


def test_a_stream_that_never_was_does_not_start(api: Api, creator: Person) -> None:
    refused = start(api, uuid4(), creator)

    assert (refused.status, refused.code) == (404, "not_found")
