"""POST /api/streams/{streamId}/join."""

import pytest

from tests.integration.api import Api, Post
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def join(api: Api, stream: str, person: Person) -> dict[str, object]:
    answer = api.post(f"/api/streams/{stream}/join", person.token)
    assert answer.status == 200, answer.text
    seen: dict[str, object] = answer.json
    return seen


def figures(api: Api, stream: str, person: Person | None = None) -> tuple[int, int, int]:
    """Current viewers, peak viewers, total views."""
    shown = api.get(f"/api/streams/{stream}", person.token if person else None).json
    return shown["currentViewers"], shown["peakViewers"], shown["totalViews"]


def test_a_fan_who_joins_is_counted(api: Api, fan: Person, stream: str) -> None:
    joined = api.post(f"/api/streams/{stream}/join", fan.token)

    assert joined.status == 200
    assert joined.headers["cache-control"] == "no-store"
    assert joined.json == {"streamId": stream, "currentViewers": 1, "peakViewers": 1}
    assert figures(api, stream) == (1, 1, 1)


def test_a_fan_with_access_may_join(api: Api, fan: Person, admitted: str) -> None:
    assert join(api, admitted, fan)["currentViewers"] == 1


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.post(f"/api/streams/{closed.stream}/join", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_refused_fan_is_not_counted(api: Api, people: People, fan: Person, stream: str) -> None:
    people.ban(stream, fan)

    api.post(f"/api/streams/{stream}/join", fan.token)

    assert figures(api, stream) == (0, 0, 0)


def test_coming_back_adds_no_view(api: Api, fan: Person, stream: str) -> None:
    for _ in range(3):
        join(api, stream, fan)
    api.post(f"/api/streams/{stream}/leave", fan.token)
    join(api, stream, fan)

    assert figures(api, stream) == (1, 1, 1)


def test_a_join_sent_many_times_at_once_is_one_viewer(
    api: Api, fan: Person, stream: str, crowd: None
) -> None:
    answers = api.at_once([Post(f"/api/streams/{stream}/join", fan.token)] * 10)

    assert [one.status for one in answers] == [200] * 10
    assert figures(api, stream) == (1, 1, 1)


def test_everybody_who_joins_at_once_is_counted(
    api: Api, people: People, stream: str, crowd: None
) -> None:
    fans = [people.fan() for _ in range(10)]

    answers = api.at_once([Post(f"/api/streams/{stream}/join", one.token) for one in fans])

    assert [one.status for one in answers] == [200] * 10
    assert figures(api, stream) == (10, 10, 10)


def test_the_peak_stays_when_viewers_go(api: Api, people: People, stream: str) -> None:
    fans = [people.fan() for _ in range(3)]
    for one in fans:
        join(api, stream, one)
    for one in fans[:2]:
        api.post(f"/api/streams/{stream}/leave", one.token)

    assert figures(api, stream) == (1, 3, 3)


def test_the_host_is_no_viewer(api: Api, creator: Person, stream: str) -> None:
    assert join(api, stream, creator)["currentViewers"] == 0
    assert figures(api, stream) == (0, 0, 0)


def test_a_visitor_in_one_stream_is_not_counted_in_another(
    api: Api, people: People, fan: Person, stream: str
) -> None:
    other = api.post(
        "/api/streams/create", people.creator().token, {"title": "Jazz", "category": "music"}
    ).json["id"]

    join(api, stream, fan)

    assert figures(api, other) == (0, 0, 0)


def test_whoever_went_silent_is_not_counted_when_the_next_one_joins(
    api: Api, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    join(api, stream, fan)
    owner.execute(
        "update stream_viewers set seen_at = now() - interval '61 seconds' where user_id = %s",
        (fan.id,),
    )

    assert join(api, stream, people.fan())["currentViewers"] == 1
    assert figures(api, stream) == (1, 1, 2)


def test_only_a_live_stream_can_be_joined(
    api: Api, fan: Person, creator: Person, open_stream: OpenStream
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)

    refusals = [api.post(f"/api/streams/{one}/join", fan.token) for one in (scheduled, ended)]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


def test_a_large_stream_is_counted_at_most_once_a_second(
    api: Api, owner: Owner, fan: Person, stream: str
) -> None:
    owner.execute(
        """
        update stream_stats
        set current_viewers = 100, peak_viewers = 100, counted_at = now()
        where stream_id = %s
        """,
        (stream,),
    )
    first = join(api, stream, fan)
    owner.execute(
        "update stream_stats set counted_at = now() - interval '2 seconds' where stream_id = %s",
        (stream,),
    )

    second = join(api, stream, fan)

    assert (first["currentViewers"], second["currentViewers"]) == (100, 1)
    assert second["peakViewers"] == 100


@pytest.mark.parametrize(
    ("ever", "seconds", "counted"),
    [(99_999, 2, True), (300_000, 3, False), (300_000, 6, True)],
    ids=str,
)
def test_the_more_ever_joined_the_longer_a_count_pauses(
    api: Api, owner: Owner, fan: Person, stream: str, ever: int, seconds: int, counted: bool
) -> None:
    owner.execute(
        """
        update stream_stats
        set current_viewers = 100,
            peak_viewers = 100,
            total_views = %s,
            counted_at = now() - make_interval(secs => %s)
        where stream_id = %s
        """,
        (ever, seconds, stream),
    )

    assert join(api, stream, fan)["currentViewers"] == (1 if counted else 100)
