"""GET /api/streams/{streamId}/viewers."""

from typing import Any

import pytest

from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def viewers(api: Api, stream: str, person: Person | None = None) -> list[dict[str, Any]]:
    answer = api.get(f"/api/streams/{stream}/viewers", person.token if person else None)
    assert answer.status == 200, answer.text
    listed: list[dict[str, Any]] = answer.json["viewers"]
    return listed


def ids(listed: list[dict[str, Any]]) -> list[str]:
    return [one["id"] for one in listed]


@pytest.fixture
def audience(api: Api, people: People, stream: str) -> list[str]:
    """The ids of five who watch, the latest to come first."""
    fans = [people.fan() for _ in range(5)]
    for one in fans:
        assert api.post(f"/api/streams/{stream}/join", one.token).status == 200
    return [str(one.id) for one in reversed(fans)]


def test_a_stream_that_nobody_watches_has_no_viewers(api: Api, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/viewers")

    assert (answer.status, answer.json) == (200, {"viewers": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_a_viewer_is_shown_as_a_user_and_since_when_they_watch(
    api: Api, fan: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)

    (viewer,) = viewers(api, stream)

    assert is_moment(viewer["joinedAt"])
    assert just_now(viewer.pop("joinedAt"))
    assert viewer == {
        "id": str(fan.id), "username": fan.username,
        "displayName": fan.username, "avatarUrl": None,
    }  # fmt: skip


def test_the_latest_to_come_is_shown_first(
    api: Api, stream: str, audience: list[str], creator: Person
) -> None:
    assert ids(viewers(api, stream)) == audience
    assert ids(viewers(api, stream, creator)) == audience


def test_the_host_and_whoever_has_left_or_watches_another_stream_are_no_viewers(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    elsewhere = api.post(
        "/api/streams/create", people.creator().token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    gone = people.fan()
    for one in (creator, gone, fan):
        api.post(f"/api/streams/{stream}/join", one.token)
    api.post(f"/api/streams/{stream}/leave", gone.token)
    api.post(f"/api/streams/{elsewhere}/join", people.fan().token)

    assert ids(viewers(api, stream)) == [str(fan.id)]


def test_whoever_is_silent_for_a_minute_is_gone(
    api: Api, people: People, fan: Person, stream: str, clock: Clock
) -> None:
    silent = people.fan()
    for one in (silent, fan):
        api.post(f"/api/streams/{stream}/join", one.token)
    clock.advance(seconds=50)
    api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)
    clock.advance(seconds=10)

    assert ids(viewers(api, stream)) == [str(fan.id)]


def test_a_viewer_who_stays_keeps_their_place_and_one_who_comes_back_is_the_latest(
    api: Api, people: People, fan: Person, stream: str
) -> None:
    back = people.fan()
    for one in (back, fan):
        api.post(f"/api/streams/{stream}/join", one.token)
    first = viewers(api, stream)

    api.post(f"/api/streams/{stream}/join", back.token)
    api.post(f"/api/streams/{stream}/viewer-heartbeat", back.token)
    assert viewers(api, stream) == first

    api.post(f"/api/streams/{stream}/leave", back.token)
    api.post(f"/api/streams/{stream}/join", back.token)
    assert ids(viewers(api, stream)) == [str(back.id), str(fan.id)]


def test_one_who_was_silent_and_joins_again_watches_since_then(
    api: Api, fan: Person, stream: str, clock: Clock
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    (before,) = viewers(api, stream)
    clock.advance(seconds=61)

    api.post(f"/api/streams/{stream}/join", fan.token)

    (after,) = viewers(api, stream)
    assert after["joinedAt"] > before["joinedAt"]


def test_nobody_watches_before_the_start_or_after_the_end(
    api: Api, owner: Owner, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/join", fan.token)
    api.post(f"/api/streams/{ended}/end", creator.token)
    # As a join leaves it that crossed the end.
    owner.execute("update stream_viewers set left_at = null where user_id = %s", (fan.id,))

    assert [viewers(api, one) for one in (scheduled, ended)] == [[], []]


def test_a_fan_with_access_sees_who_watches(api: Api, fan: Person, admitted: str) -> None:
    api.post(f"/api/streams/{admitted}/join", fan.token)

    assert ids(viewers(api, admitted, fan)) == [str(fan.id)]


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/viewers", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream
) -> None:
    refused = api.get(f"/api/streams/{open_stream(privacy='followers')}/viewers")

    assert (refused.status, refused.code) == (401, "authentication_required")


def test_pages_follow_each_other_until_there_is_none(
    api: Api, stream: str, audience: list[str]
) -> None:
    pages = list(api.pages(f"/api/streams/{stream}/viewers", "viewers", limit=2))

    assert [ids(page) for page in pages] == [audience[:2], audience[2:4], audience[4:]]


def test_pages_keep_their_place_while_others_come(
    api: Api, fan: Person, stream: str, audience: list[str]
) -> None:
    pages = api.pages(f"/api/streams/{stream}/viewers", "viewers", limit=2)

    seen = [next(pages)]
    api.post(f"/api/streams/{stream}/join", fan.token)
    seen += pages

    assert [one for page in seen for one in ids(page)] == audience


def test_viewers_who_came_at_the_same_moment_are_each_shown_once(
    api: Api, owner: Owner, stream: str, audience: list[str]
) -> None:
    owner.execute(
        "update stream_viewers set joined_at = '2026-01-01T00:00:00Z' where stream_id = %s",
        (stream,),
    )

    pages = list(api.pages(f"/api/streams/{stream}/viewers", "viewers", limit=2))

    assert {one for page in pages for one in ids(page)} == set(audience)
    assert [len(page) for page in pages] == [2, 2, 1]
