"""POST /api/streams/{streamId}/leave."""

from uuid import uuid4

from tests.integration.api import Api, Post
from tests.integration.people import People, Person
from tests.integration.streams.conftest import Closed


def test_a_viewer_who_leaves_is_not_counted_any_more(
    api: Api, people: People, fan: Person, stream: str
) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)

    left = api.post(f"/api/streams/{stream}/leave", fan.token)

    assert left.status == 200
    assert left.headers["cache-control"] == "no-store"
    assert left.json == {"streamId": stream, "currentViewers": 1, "peakViewers": 2}


def test_leaving_twice_changes_nothing(api: Api, people: People, fan: Person, stream: str) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)

    first, second = (api.post(f"/api/streams/{stream}/leave", fan.token) for _ in range(2))

    assert (first.status, first.json) == (second.status, second.json)


def test_leaving_many_times_at_once_is_leaving_once(
    api: Api, people: People, fan: Person, stream: str, crowd: None
) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)

    answers = api.at_once([Post(f"/api/streams/{stream}/leave", fan.token)] * 8)

    assert [one.status for one in answers] == [200] * 8
    assert api.get(f"/api/streams/{stream}").json["currentViewers"] == 1


def test_whoever_never_joined_leaves_without_a_trace(api: Api, fan: Person, stream: str) -> None:
    left = api.post(f"/api/streams/{stream}/leave", fan.token)

    assert (left.status, left.json["currentViewers"]) == (200, 0)
    assert api.get(f"/api/streams/{stream}").json["totalViews"] == 0


def test_a_viewer_who_was_banned_can_leave_twice(
    api: Api, people: People, fan: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    people.ban(stream, fan)

    answers = [api.post(f"/api/streams/{stream}/leave", fan.token) for _ in range(2)]

    assert [(one.status, one.json["currentViewers"]) for one in answers] == [(200, 0)] * 2


def test_a_stream_that_a_fan_may_not_see_does_not_tell_them_its_figures(
    api: Api, fan: Person, closed: Closed
) -> None:
    refused = api.post(f"/api/streams/{closed.stream}/leave", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_an_ended_stream_can_be_left_and_stays_as_it_was(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    api.post(f"/api/streams/{stream}/end", creator.token)

    left = api.post(f"/api/streams/{stream}/leave", fan.token)

    assert (left.status, left.json) == (
        200,
        {"streamId": stream, "currentViewers": 0, "peakViewers": 1},
    )


def test_a_stream_that_is_not_there_cannot_be_left(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    people.suspend(creator)

    refusals = [api.post(f"/api/streams/{one}/leave", fan.token) for one in (uuid4(), stream)]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 2
