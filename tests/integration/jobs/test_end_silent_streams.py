"""Every minute: end the streams that hosts left, let silent viewers go, add up what is over."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.jobs import end_silent_streams
from limelight.streams import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, Owner, People, Person


@pytest.fixture(autouse=True)
def everybody_else_was_just_seen(owner: Owner) -> None:
    """Streams and viewers of other tests are left alone."""
    owner.execute("update streams set host_seen_at = now() where status = 'live'")
    owner.execute("update stream_viewers set seen_at = now() where left_at is null")


def sweep() -> Any:
    context: Any = SimpleNamespace(
        aws_request_id=str(uuid4()), get_remaining_time_in_millis=lambda: 30_000
    )
    return end_silent_streams.handler({}, context)


def silent(owner: Owner, stream: str, seconds: int) -> None:
    owner.execute(
        "update streams set host_seen_at = now() - make_interval(secs => %s) where id = %s",
        (seconds, stream),
    )


def unseen(owner: Owner, person: Person, seconds: int) -> None:
    owner.execute(
        "update stream_viewers set seen_at = now() - make_interval(secs => %s) where user_id = %s",
        (seconds, person.id),
    )


@pytest.mark.parametrize(
    ("fields", "seconds", "status"),
    [
        ({}, 299, "live"),
        ({}, 301, "ended"),
        ({"privacy": "followers"}, 301, "ended"),
        ({"privacy": "ticketed", "ticketPrice": 70}, 301, "live"),
        ({"privacy": "ticketed", "ticketPrice": 70}, 599, "live"),
        ({"privacy": "ticketed", "ticketPrice": 70}, 601, "ended"),
    ],
    ids=str,
)
def test_a_silent_host_ends_the_stream_after_their_grace(
    api: Api, owner: Owner, creator: Person, open_stream: OpenStream,
    fields: dict[str, object], seconds: int, status: str,
) -> None:  # fmt: skip
    stream = open_stream(**fields)
    silent(owner, stream, seconds)

    assert sweep() == {"done": 1 if status == "ended" else 0}

    assert api.get(f"/api/streams/{stream}", creator.token).json["status"] == status


def test_a_swept_stream_is_ended_like_any_other(
    api: Api, owner: Owner, people: People, stream: str
) -> None:
    for _ in range(2):
        api.post(f"/api/streams/{stream}/join", people.fan().token)
    silent(owner, stream, 301)

    sweep()

    ended = api.get(f"/api/streams/{stream}").json
    assert (ended["currentViewers"], ended["peakViewers"], ended["totalViews"]) == (0, 2, 2)
    told = owner.execute("select event from outbox where topic = %s", (f"stream:{stream}",))
    assert told.fetchall() == [("stream_ended",)]


def test_a_second_sweep_finds_nothing(owner: Owner, stream: str) -> None:
    silent(owner, stream, 301)

    assert [sweep(), sweep()] == [{"done": 1}, {"done": 0}]


def test_a_scheduled_stream_is_not_silent(
    api: Api, owner: Owner, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(scheduledFor=in_days(1))
    silent(owner, stream, 86_400)

    assert sweep() == {"done": 0}
    assert api.get(f"/api/streams/{stream}", creator.token).json["status"] == "scheduled"


def test_a_viewer_silent_for_a_minute_is_gone(
    api: Api, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    stays = people.fan()
    for one in (fan, stays):
        api.post(f"/api/streams/{stream}/join", one.token)
    unseen(owner, fan, 61)
    unseen(owner, stays, 59)

    sweep()

    shown = api.get(f"/api/streams/{stream}").json
    assert (shown["currentViewers"], shown["peakViewers"], shown["totalViews"]) == (1, 2, 2)
    refused = api.post(f"/api/streams/{stream}/viewer-heartbeat", fan.token)
    assert (refused.status, refused.code) == (409, "not_watching")
    assert api.post(f"/api/streams/{stream}/viewer-heartbeat", stays.token).status == 200


def test_a_viewer_who_was_swept_can_come_back_without_a_second_view(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    unseen(owner, fan, 61)
    sweep()

    back = api.post(f"/api/streams/{stream}/join", fan.token)

    assert back.json["currentViewers"] == 1
    assert api.get(f"/api/streams/{stream}").json["totalViews"] == 1


def test_a_sweep_ends_no_more_than_its_batch(
    owner: Owner, api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SWEEP_BATCH", 2)
    for age in (400, 600, 500):
        host = people.creator()
        made = api.post("/api/streams/create", host.token, {"title": "P", "category": "music"})
        silent(owner, made.json["id"], age)

    assert [sweep(), sweep(), sweep()] == [{"done": 2}, {"done": 1}, {"done": 0}]


def test_a_creator_whose_stream_was_swept_can_go_live_again(
    owner: Owner, stream: str, open_stream: OpenStream
) -> None:
    silent(owner, stream, 301)
    sweep()

    assert open_stream() != stream


def test_the_sweep_goes_by_the_servers_clock(
    api: Api, creator: Person, open_stream: OpenStream, clock: Clock
) -> None:
    stream = open_stream(privacy="ticketed", ticketPrice=70)
    seen = []

    for seconds in (590, 11):
        clock.advance(seconds=seconds)
        sweep()
        seen.append(api.get(f"/api/streams/{stream}", creator.token).json["status"])

    assert seen == ["live", "ended"]


def test_a_large_stream_is_recounted_so_that_the_last_joins_of_a_storm_are_seen(
    api: Api, owner: Owner, people: People, stream: str
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
    assert api.get(f"/api/streams/{stream}").json["currentViewers"] == 100

    sweep()

    shown = api.get(f"/api/streams/{stream}").json
    assert (shown["currentViewers"], shown["totalViews"]) == (2, 2)


def test_a_silent_viewer_who_is_heard_of_at_this_moment_is_passed_over(
    api: Api, backing: Backing, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    gone = people.fan()
    for one in (fan, gone):
        api.post(f"/api/streams/{stream}/join", one.token)
        unseen(owner, one, 61)

    with psycopg.connect(backing.direct_url) as heartbeat:
        heartbeat.execute("update stream_viewers set seen_at = now() where user_id = %s", (fan.id,))
        sweep()

    left = owner.execute(
        "select user_id from stream_viewers where stream_id = %s and left_at is not null", (stream,)
    ).fetchall()
    assert left == [(gone.id,)]


# The totals of creators


def end(api: Api, creator: Person, stream: str) -> None:
    assert api.post(f"/api/streams/{stream}/end", creator.token).status == 200


def totalled(owner: Owner, creator: Person) -> list[tuple[int, int]]:
    """Streams and views in the creator's totals."""
    return owner.execute(
        "select streams, views from creator_stream_totals where creator_id = %s", (creator.id,)
    ).fetchall()


def test_a_stream_is_added_to_the_totals_a_minute_after_its_end(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, clock: Clock
) -> None:
    api.post(f"/api/streams/{stream}/join", fan.token)
    end(api, creator, stream)

    clock.advance(seconds=50)
    sweep()
    assert totalled(owner, creator) == []
    clock.advance(seconds=11)
    for _ in range(2):
        sweep()
        assert totalled(owner, creator) == [(1, 1)]


def test_a_stream_that_another_sweep_is_at_is_left_to_it(
    api: Api, backing: Backing, owner: Owner, creator: Person, stream: str, clock: Clock
) -> None:
    end(api, creator, stream)
    clock.advance(seconds=61)

    with psycopg.connect(backing.direct_url) as other:
        other.execute("select private.total_streams(500)")
        sweep()
        assert totalled(owner, creator) == []

    sweep()
    assert totalled(owner, creator) == [(1, 0)]
