"""Viewer counts are told by the publisher, each stream's at most every three seconds."""

from threading import Thread

import psycopg
import pytest

from limelight.realtime import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.channels import Outbox, Publisher, Realtime, down, fine
from tests.integration.clock import Clock
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, People, Person


@pytest.fixture(autouse=True)
def time_stands_still(clock: Clock) -> None:
    clock.stop()


def join(api: Api, stream: str, person: Person) -> None:
    assert api.post(f"/api/streams/{stream}/join", person.token).status == 200


def leave(api: Api, stream: str, person: Person) -> None:
    assert api.post(f"/api/streams/{stream}/leave", person.token).status == 200


def told(realtime: Realtime, stream: str) -> list[tuple[int, int]]:
    """The current and the peak viewers that listeners were told, oldest first."""
    counts = [one for one in realtime.heard(f"stream:{stream}") if one["event"] == "viewer_count"]
    assert {one["payload"]["streamId"] for one in counts} <= {stream}
    return [(one["payload"]["currentViewers"], one["payload"]["peakViewers"]) for one in counts]


def test_the_first_viewer_is_told_at_once(
    api: Api, fan: Person, stream: str, publisher: Publisher, realtime: Realtime
) -> None:
    join(api, stream, fan)

    assert publisher.look() == 1

    assert told(realtime, stream) == [(1, 1)]


def test_a_join_itself_tells_nobody(api: Api, fan: Person, stream: str, outbox: Outbox) -> None:
    join(api, stream, fan)

    assert outbox.column("event", f"stream:{stream}") == []


def test_a_stream_that_nobody_watches_is_not_talked_about(
    stream: str, publisher: Publisher, realtime: Realtime
) -> None:
    publisher.look()

    assert told(realtime, stream) == []


def test_a_count_is_told_at_most_every_three_seconds_and_then_as_it_is(
    api: Api, people: People, stream: str, publisher: Publisher, realtime: Realtime, clock: Clock
) -> None:
    viewers = [people.fan() for _ in range(3)]
    join(api, stream, viewers[0])
    publisher.look()

    for viewer in viewers[1:]:
        join(api, stream, viewer)
        publisher.look()
    leave(api, stream, viewers[0])
    clock.advance(seconds=2.999)
    publisher.look()
    assert told(realtime, stream) == [(1, 1)]

    clock.advance(seconds=0.001)
    publisher.look()
    assert told(realtime, stream) == [(1, 1), (2, 3)]


def test_a_count_that_stays_the_same_is_told_once(
    api: Api, fan: Person, stream: str, publisher: Publisher, realtime: Realtime, clock: Clock
) -> None:
    join(api, stream, fan)

    for _ in range(5):
        publisher.look()
        clock.advance(seconds=3)

    assert told(realtime, stream) == [(1, 1)]


def test_the_last_viewer_to_leave_is_told(
    api: Api, fan: Person, stream: str, publisher: Publisher, realtime: Realtime, clock: Clock
) -> None:
    join(api, stream, fan)
    publisher.look()
    leave(api, stream, fan)

    clock.advance(seconds=3)
    publisher.look()

    assert told(realtime, stream) == [(1, 1), (0, 1)]


def test_a_stream_that_has_ended_is_told_to_have_ended_and_nothing_after_it(
    api: Api, fan: Person, creator: Person, stream: str, publisher: Publisher, realtime: Realtime,
    clock: Clock,
) -> None:  # fmt: skip
    join(api, stream, fan)
    publisher.look()
    api.post(f"/api/streams/{stream}/end", creator.token)

    for _ in range(3):
        clock.advance(seconds=3)
        publisher.look()

    heard = [one["event"] for one in realtime.heard(f"stream:{stream}")]
    assert heard == ["viewer_count", "stream_ended"]


def test_a_scheduled_stream_has_no_viewers_to_tell_of(
    open_stream: OpenStream, publisher: Publisher, realtime: Realtime
) -> None:
    stream = open_stream(scheduledFor=in_days(1))

    publisher.look()

    assert told(realtime, stream) == []


def test_counts_do_not_pile_up_faster_while_realtime_is_down(
    api: Api, people: People, stream: str, outbox: Outbox, publisher: Publisher,
    realtime: Realtime, clock: Clock,
) -> None:  # fmt: skip
    realtime.mood = down
    for _ in range(4):
        join(api, stream, people.fan())
        publisher.look()
        clock.advance(seconds=1)
    assert outbox.waiting(f"stream:{stream}") == 2

    realtime.mood = fine
    outbox.wake()
    publisher.look_until_idle()

    assert told(realtime, stream) == [(1, 1), (4, 4)]


def test_two_publishers_at_once_tell_a_count_once(
    api: Api, backing: Backing, fan: Person, stream: str, outbox: Outbox
) -> None:
    join(api, stream, fan)
    answers: list[int] = []

    def tell() -> None:
        with psycopg.connect(backing.direct_url) as second:
            answers.append(len(second.execute("select private.tell_viewer_counts(500)").fetchall()))

    with psycopg.connect(backing.direct_url) as first:
        mine = first.execute("select private.tell_viewer_counts(500)").fetchall()
        thread = Thread(target=tell)
        thread.start()
        first.commit()
    thread.join()

    assert (len(mine), answers) == (1, [0])
    assert outbox.column("event", f"stream:{stream}") == ["viewer_count"]


def test_streams_that_were_not_told_for_longest_go_first(
    api: Api, people: People, publisher: Publisher, realtime: Realtime, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "COUNTS", 1)
    streams = []
    for _ in range(3):
        body = {"title": "Piano", "category": "music"}
        made = api.post("/api/streams/create", people.creator().token, body)
        streams.append(made.json["id"])
        join(api, streams[-1], people.fan())

    for _ in range(3):
        clock.advance(seconds=3)
        publisher.look()

    assert [told(realtime, stream) for stream in streams] == [[(1, 1)]] * 3
