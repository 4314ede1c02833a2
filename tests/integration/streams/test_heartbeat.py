"""POST /api/streams/{streamId}/heartbeat."""

from uuid import uuid4

from tests.integration.api import Api
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def test_a_host_who_is_heard_of_keeps_the_stream(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    owner.execute(
        "update streams set host_seen_at = now() - interval '200 seconds' where id = %s", (stream,)
    )

    seen = api.post(f"/api/streams/{stream}/heartbeat", creator.token)

    assert seen.status == 200
    assert seen.headers["cache-control"] == "no-store"
    assert seen.json.keys() == {"streamId", "lastHeartbeatAt"}
    assert seen.json["streamId"] == stream
    assert is_moment(seen.json["lastHeartbeatAt"])
    assert just_now(seen.json["lastHeartbeatAt"])
    kept = owner.execute(
        "select host_seen_at > now() - interval '60 seconds' from streams where id = %s", (stream,)
    ).fetchone()
    assert kept == (True,)


def test_only_the_host_speaks_for_the_host(
    api: Api, owner: Owner, people: People, fan: Person, admin: Person, stream: str
) -> None:
    before = owner.execute("select host_seen_at from streams where id = %s", (stream,)).fetchone()

    refusals = [
        api.post(f"/api/streams/{stream}/heartbeat", one.token)
        for one in (fan, people.creator(), admin)
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    after = owner.execute("select host_seen_at from streams where id = %s", (stream,)).fetchone()
    assert after == before


def test_whoever_may_not_see_the_stream_is_no_owner_either(
    api: Api, fan: Person, closed: Closed
) -> None:
    refused = api.post(f"/api/streams/{closed.stream}/heartbeat", fan.token)

    hidden = closed.status == 404
    assert (refused.status, refused.code) == ((404, "not_found") if hidden else (403, "not_owner"))


def test_only_a_live_stream_has_a_host(api: Api, creator: Person, open_stream: OpenStream) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [
        api.post(f"/api/streams/{one}/heartbeat", creator.token) for one in (scheduled, ended)
    ]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


def test_a_stream_that_never_was_has_none(api: Api, creator: Person) -> None:
    refused = api.post(f"/api/streams/{uuid4()}/heartbeat", creator.token)

    assert (refused.status, refused.code) == (404, "not_found")
