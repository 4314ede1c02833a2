"""GET /api/streams/{streamId}/broadcast-token."""

from uuid import uuid4

from tests.integration.api import Api
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed
from tests.integration.streams.test_token import claims, room_of


def test_the_host_may_be_seen_and_heard_in_the_room_of_the_stream(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    answer = api.get(f"/api/streams/{stream}/broadcast-token", creator.token)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json.keys() == {"url", "token", "expiresAt"}
    read = claims(answer)
    assert (read["sub"], read["name"]) == (str(creator.id), creator.username)
    assert read["video"] == {
        "roomJoin": True,
        "room": room_of(owner, stream),
        "canSubscribe": True,
        "canPublish": True,
        "canPublishData": True,
    }


def test_host_and_viewers_meet_in_one_room(
    api: Api, fan: Person, creator: Person, stream: str
) -> None:
    host = claims(api.get(f"/api/streams/{stream}/broadcast-token", creator.token))
    viewer = claims(api.get(f"/api/streams/{stream}/token", fan.token))

    assert host["video"]["room"] == viewer["video"]["room"]


def test_only_the_host_may_broadcast(
    api: Api, people: People, fan: Person, admin: Person, stream: str
) -> None:
    refusals = [
        api.get(f"/api/streams/{stream}/broadcast-token", one.token)
        for one in (fan, people.creator(), admin)
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3


def test_whoever_may_not_see_the_stream_cannot_broadcast(
    api: Api, fan: Person, closed: Closed
) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/broadcast-token", fan.token)

    hidden = closed.status == 404
    assert (refused.status, refused.code) == ((404, "not_found") if hidden else (403, "not_owner"))


def test_only_a_live_stream_has_a_room(api: Api, creator: Person, open_stream: OpenStream) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [
        api.get(f"/api/streams/{one}/broadcast-token", creator.token) for one in (scheduled, ended)
    ]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


def test_a_stream_that_was_started_has_its_room(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(scheduledFor=in_days(1))
    api.post(f"/api/streams/{stream}/start", creator.token)

    assert api.get(f"/api/streams/{stream}/broadcast-token", creator.token).status == 200


def test_a_stream_that_never_was_has_no_room(api: Api, creator: Person) -> None:
    refused = api.get(f"/api/streams/{uuid4()}/broadcast-token", creator.token)

    assert (refused.status, refused.code) == (404, "not_found")
