"""POST /api/streams/{streamId}/viewer-heartbeat."""

from tests.integration.api import Api
from tests.integration.people import Owner, People, Person
from tests.integration.streams.conftest import Closed


def test_a_viewer_who_is_heard_of_stays(
    api: Api, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)
    owner.execute(
        "update stream_viewers set seen_at = now() - interval '50 seconds' where stream_id = %s",
        (stream,),
    )

    seen = api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)

    assert seen.status == 200
    assert seen.headers["cache-control"] == "no-store"
    assert seen.json == {"streamId": stream, "currentViewers": 2, "peakViewers": 2}
    ages = owner.execute(
        "select extract(epoch from now() - seen_at) > 40 from stream_viewers where user_id = %s",
        (fan.id,),
    ).fetchone()
    assert ages == (False,)


def test_others_who_went_silent_are_gone(
    api: Api, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    for one in (fan, people.fan()):
        api.post(f"/api/streams/{stream}/join", one.token)
    owner.execute(
        """
        update stream_viewers set seen_at = now() - interval '61 seconds'
        where stream_id = %s and user_id <> %s
        """,
        (stream, fan.id),
    )

    seen = api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)

    assert (seen.json["currentViewers"], seen.json["peakViewers"]) == (1, 2)


def test_a_heartbeat_adds_no_view(api: Api, fan: Person, stream: str) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    for _ in range(3):
        api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)

    assert api.get(f"/api/streams/{stream}").json["totalViews"] == 1


def test_whoever_has_not_joined_or_has_left_is_told_to_join(
    api: Api, people: People, fan: Person, creator: Person, stream: str
) -> None:
    gone = people.fan()
    api.post(f"/api/streams/{stream}/join", gone.token)
    api.post(f"/api/streams/{stream}/leave", gone.token)

    refusals = [
        api.post(f"/api/streams/{stream}/viewer-heartbeat", one.token)
        for one in (fan, gone, creator)
    ]

    assert [(one.status, one.code) for one in refusals] == [(409, "not_watching")] * 3


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.post(f"/api/streams/{closed.stream}/viewer-heartbeat", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_viewer_who_is_banned_while_watching_is_out(
    api: Api, people: People, fan: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    people.ban(stream, fan)

    refused = api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)

    assert (refused.status, refused.code) == (403, "banned")


def test_after_the_end_nobody_watches(api: Api, fan: Person, creator: Person, stream: str) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    api.post(f"/api/streams/{stream}/end", creator.token)

    refused = api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)

    assert (refused.status, refused.code) == (409, "stream_not_live")
