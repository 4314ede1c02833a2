"""POST /api/streams/{streamId}/ban."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.clock import Clock
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.people import OpenStream, People, Person


def ban(api: Api, stream: str, host: Person, viewer: Person) -> Answer:
    return api.post(f"/api/streams/{stream}/ban", host.token, {"userId": str(viewer.id)})


def figures(api: Api, stream: str) -> tuple[int, int, int]:
    """Current viewers, peak viewers, total views."""
    shown = api.get(f"/api/streams/{stream}").json
    return shown["currentViewers"], shown["peakViewers"], shown["totalViews"]


def test_a_ban_is_answered_with_whom_and_since_when(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    banned = ban(api, stream, creator, fan)

    assert banned.status == 200
    assert banned.headers["cache-control"] == "no-store"
    assert banned.json.keys() == {"streamId", "userId", "bannedAt"}
    assert (banned.json["streamId"], banned.json["userId"]) == (stream, str(fan.id))
    assert is_moment(banned.json["bannedAt"])
    assert just_now(banned.json["bannedAt"])


def test_a_banned_viewer_leaves_at_once(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)

    ban(api, stream, creator, fan)

    assert figures(api, stream) == (1, 2, 2)


def test_a_banned_viewer_takes_no_part_in_the_stream_any_more(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    ban(api, stream, creator, fan)

    refusals = [
        api.get(f"/api/streams/{stream}", fan.token),
        api.get(f"/api/streams/{stream}/messages", fan.token),
        api.get(f"/api/streams/{stream}/polls", fan.token),
        api.post(f"/api/streams/{stream}/join", fan.token),
        api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token),
        api.post(f"/api/streams/{stream}/message", fan.token, {"content": "hello"}),
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "banned")] * 6


def test_a_ban_is_of_one_stream(
    api: Api, fan: Person, creator: Person, stream: str, open_stream: OpenStream
) -> None:
    ban(api, stream, creator, fan)
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert api.post(f"/api/streams/{open_stream()}/join", fan.token).status == 200


def test_what_a_banned_viewer_said_before_stays(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/message", fan.token, {"content": "hello"})

    ban(api, stream, creator, fan)

    (line,) = api.get(f"/api/streams/{stream}/messages").json["messages"]
    assert line["user"]["id"] == str(fan.id)


def test_banning_again_changes_nothing(
    api: Api, clock: Clock, fan: Person, creator: Person, stream: str
) -> None:
    first = ban(api, stream, creator, fan)
    clock.advance(minutes=1)

    second = ban(api, stream, creator, fan)

    assert (second.status, second.json) == (200, first.json)


def test_banning_many_times_at_once_is_banning_once(
    api: Api, fan: Person, creator: Person, stream: str, crowd: None
) -> None:
    post = Post(f"/api/streams/{stream}/ban", creator.token, {"userId": str(fan.id)})

    answers = api.at_once([post] * 8)

    assert [one.status for one in answers] == [200] * 8
    assert len({one.text for one in answers}) == 1


@pytest.mark.parametrize("status", ["scheduled", "live", "ended"])
def test_a_viewer_can_be_banned_before_and_after_the_stream(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream, status: str
) -> None:
    stream = open_stream(**({"scheduledFor": in_days(1)} if status == "scheduled" else {}))
    if status == "ended":
        api.post(f"/api/streams/{stream}/end", creator.token)

    assert ban(api, stream, creator, fan).status == 200


def test_a_suspended_viewer_can_be_banned(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    suspended = people.fan()
    people.suspend(suspended)

    assert ban(api, stream, creator, suspended).status == 200


def test_nobody_bans_themselves(api: Api, creator: Person, stream: str) -> None:
    refused = ban(api, stream, creator, creator)

    assert (refused.status, refused.code) == (403, "own_account")
    assert api.get(f"/api/streams/{stream}", creator.token).status == 200


def test_only_somebody_can_be_banned(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    gone = people.fan()
    people.set(gone, status="deleted")

    for user in (gone.id, uuid4()):
        refused = api.post(f"/api/streams/{stream}/ban", creator.token, {"userId": str(user)})
        assert (refused.status, refused.code) == (404, "not_found")


def test_only_the_host_bans(
    api: Api, people: People, fan: Person, admin: Person, stream: str
) -> None:
    victim = people.fan()

    refusals = [ban(api, stream, one, victim) for one in (fan, people.creator(), admin, victim)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 4
    assert api.get(f"/api/streams/{stream}", victim.token).status == 200


def test_nobody_is_banned_from_a_stream_that_never_was(
    api: Api, fan: Person, creator: Person
) -> None:
    refused = ban(api, str(uuid4()), creator, fan)

    assert (refused.status, refused.code) == (404, "not_found")
