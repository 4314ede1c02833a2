"""GET /api/streams/active."""

from tests.integration.api import Api
from tests.integration.moments import in_days
from tests.integration.people import OpenStream, People, Person

NOTHING = {"hasActiveStream": False, "stream": None}


def test_a_creator_who_is_live_is_shown_the_stream(api: Api, creator: Person, stream: str) -> None:
    answer = api.get("/api/streams/active", creator.token)

    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {
        "hasActiveStream": True,
        "stream": api.get(f"/api/streams/{stream}", creator.token).json,
    }


def test_whoever_is_not_live_has_no_active_stream(api: Api, fan: Person, creator: Person) -> None:
    for person in (fan, creator):
        answer = api.get("/api/streams/active", person.token)

        assert (answer.status, answer.json) == (200, NOTHING)


def test_what_is_scheduled_or_over_is_not_active(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    api.post(f"/api/streams/{open_stream()}/end", creator.token)
    open_stream(scheduledFor=in_days(1))

    assert api.get("/api/streams/active", creator.token).json == NOTHING


def test_another_creators_stream_is_not_mine(api: Api, people: People, stream: str) -> None:
    other = people.creator()

    assert api.get("/api/streams/active", other.token).json == NOTHING


def test_it_is_the_live_one_among_many(api: Api, creator: Person, open_stream: OpenStream) -> None:
    open_stream(scheduledFor=in_days(1))
    api.post(f"/api/streams/{open_stream()}/end", creator.token)
    live = open_stream(privacy="ticketed", ticketPrice=70)
    open_stream(scheduledFor=in_days(2))

    assert api.get("/api/streams/active", creator.token).json["stream"]["id"] == live
