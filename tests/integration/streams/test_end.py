"""POST /api/streams/{streamId}/end."""

import threading
from uuid import uuid4

import psycopg

from local.services.backing import Backing
from tests.integration.api import Api, Post
from tests.integration.ledger import GIFTS
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def events(owner: Owner, stream: str) -> list[tuple[str, dict[str, object]]]:
    rows = owner.execute(
        "select event, payload from outbox where topic = %s order by id", (f"stream:{stream}",)
    ).fetchall()
    return [(event, payload) for event, payload in rows]


def test_the_host_ends_the_stream(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    api.post(f"/api/streams/{stream}/join", fan.token)
    api.pay(f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Fire"], "quantity": 1})
    owner.execute(
        "update streams set started_at = started_at - interval '10 minutes' where id = %s",
        (stream,),
    )

    ended = api.post(f"/api/streams/{stream}/end", creator.token)

    assert ended.status == 200
    assert ended.headers["cache-control"] == "no-store"
    assert ended.json == api.get(f"/api/streams/{stream}").json
    assert (ended.json["status"], ended.json["durationSeconds"]) == ("ended", 600)
    assert is_moment(ended.json["endedAt"])
    assert just_now(ended.json["endedAt"])
    assert ended.json["totalCoins"] == 10


def test_an_ended_stream_has_no_viewers_and_keeps_its_views(
    api: Api, owner: Owner, people: People, creator: Person, stream: str
) -> None:
    for _ in range(3):
        api.post(f"/api/streams/{stream}/join", people.fan().token)

    ended = api.post(f"/api/streams/{stream}/end", creator.token).json

    assert (ended["currentViewers"], ended["peakViewers"], ended["totalViews"]) == (0, 3, 3)
    watching = owner.execute(
        "select from stream_viewers where stream_id = %s and left_at is null", (stream,)
    ).fetchall()
    assert watching == []


def test_a_large_stream_ends_with_the_views_that_were_not_counted_yet(
    api: Api, owner: Owner, people: People, creator: Person, stream: str
) -> None:
    owner.execute(
        """
        update stream_stats
        set current_viewers = 100, peak_viewers = 100, counted_at = now() + interval '1 hour'
        where stream_id = %s
        """,
        (stream,),
    )
    for _ in range(2):
        api.post(f"/api/streams/{stream}/join", people.fan().token)

    ended = api.post(f"/api/streams/{stream}/end", creator.token).json

    assert (ended["currentViewers"], ended["totalViews"]) == (0, 2)


def test_listeners_are_told_once_the_stream_has_ended(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert events(owner, stream) == [("stream_ended", {"streamId": stream, "durationSeconds": 0})]


def test_ending_again_changes_nothing(api: Api, owner: Owner, creator: Person, stream: str) -> None:
    first, second = (api.post(f"/api/streams/{stream}/end", creator.token) for _ in range(2))

    assert (second.status, second.json) == (200, first.json)
    assert len(events(owner, stream)) == 1


def test_ending_many_times_at_once_is_ending_once(
    api: Api, owner: Owner, creator: Person, stream: str, crowd: None
) -> None:
    answers = api.at_once([Post(f"/api/streams/{stream}/end", creator.token)] * 8)

    assert [one.status for one in answers] == [200] * 8
    assert len({one.text for one in answers}) == 1
    assert len(events(owner, stream)) == 1


def test_only_the_host_ends_a_stream(
    api: Api, people: People, fan: Person, admin: Person, stream: str
) -> None:
    refusals = [
        api.post(f"/api/streams/{stream}/end", one.token) for one in (fan, people.creator(), admin)
    ]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert api.get(f"/api/streams/{stream}").json["status"] == "live"


def test_whoever_may_not_see_the_stream_cannot_end_it(
    api: Api, fan: Person, closed: Closed
) -> None:
    refused = api.post(f"/api/streams/{closed.stream}/end", fan.token)

    hidden = closed.status == 404
    assert (refused.status, refused.code) == ((404, "not_found") if hidden else (403, "not_owner"))


def test_a_stream_that_never_was_cannot_be_ended(api: Api, creator: Person) -> None:
    refused = api.post(f"/api/streams/{uuid4()}/end", creator.token)

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_scheduled_stream_cannot_be_ended(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    refused = api.post(f"/api/streams/{open_stream(scheduledFor=in_days(1))}/end", creator.token)

    assert (refused.status, refused.code) == (409, "stream_not_live")


def test_joins_gifts_and_the_end_at_once_leave_nobody_behind(
    api: Api, people: People, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fans = [people.fan() for _ in range(6)]
    for one in fans:
        fund(one, 5)
    star = {"giftId": GIFTS["Star"], "quantity": 1}

    answers = api.at_once(
        [
            post
            for number, one in enumerate(fans)
            for post in (
                Post(f"/api/streams/{stream}/join", one.token),
                Post(f"/api/streams/{stream}/gift", one.token, star),
                *([Post(f"/api/streams/{stream}/end", creator.token)] if number == 3 else []),
                Post(f"/api/streams/{stream}/leave", one.token),
            )
        ]
    )

    assert {one.status for one in answers} <= {200, 201, 409}
    sent = sum(one.status == 201 for one in answers)
    ended = api.get(f"/api/streams/{stream}").json
    assert (ended["status"], ended["currentViewers"]) == ("ended", 0)
    assert ended["totalCoins"] == 5 * sent


def test_a_viewer_who_comes_back_while_the_stream_ends_locks_nobody_out(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    failed: list[Exception] = []

    def end() -> None:
        try:
            with psycopg.connect(backing.direct_url, autocommit=True) as host:
                host.execute("select private.end_stream(%s, %s)", (stream, creator.id))
        except psycopg.Error as error:
            failed.append(error)

    # As a join does it: first the viewer's row, then the stream's figures.
    with psycopg.connect(backing.direct_url) as viewer:
        viewer.execute("update stream_viewers set seen_at = now() where user_id = %s", (fan.id,))
        ending = threading.Thread(target=end)
        ending.start()
        ending.join(0.15)
        assert ending.is_alive()
        viewer.execute("select private.count_viewers(%s)", (stream,))
    ending.join(5)

    assert failed == []
    assert api.get(f"/api/streams/{stream}").json["currentViewers"] == 0
