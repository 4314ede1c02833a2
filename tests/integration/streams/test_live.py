"""GET /api/streams/live."""

import pytest

from tests.integration.api import Answer, Api
from tests.integration.moments import in_days
from tests.integration.people import Owner, People, Person

FIELDS = {
    "id", "creator", "title", "description", "category", "tags", "privacy", "ticketPrice",
    "thumbnailUrl", "status", "scheduledFor", "startedAt", "endedAt", "currentViewers",
    "peakViewers", "totalViews",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_else_is_live(owner: Owner) -> None:
    """Streams of other tests have ended."""
    owner.execute("select private.end_streams(array(select id from streams where status = 'live'))")


def go_live(api: Api, people: People, viewers: int = 0, **fields: object) -> str:
    """A live stream of a new creator, with so many watching."""
    creator = people.creator()
    body = {"title": "Piano", "category": "music"} | fields
    stream = str(api.post("/api/streams/create", creator.token, body).json["id"])
    for _ in range(viewers):
        assert api.post(f"/api/streams/{stream}/join", people.fan().token).status == 200
    return stream


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.text
    return [stream["id"] for stream in answer.json["streams"]]


def test_nothing_live_is_an_empty_list(api: Api) -> None:
    answer = api.get("/api/streams/live")

    assert (answer.status, answer.json) == (200, {"streams": [], "nextCursor": None})


def test_the_list_is_public_and_may_be_cached_for_three_seconds(
    api: Api, people: People, fan: Person
) -> None:
    stream = go_live(api, people)

    for token in (None, fan.token):
        answer = api.get("/api/streams/live", token)

        assert ids(answer) == [stream]
        assert answer.headers["cache-control"] == "public, max-age=3"


def test_a_refusal_is_never_cached(api: Api) -> None:
    assert api.get("/api/streams/live", limit=0).headers["cache-control"] == "no-store"


def test_a_live_stream_is_shown_in_its_public_shape(
    api: Api, creator: Person, stream: str, owner: Owner
) -> None:
    answer = api.get("/api/streams/live")

    (shown,) = answer.json["streams"]
    assert shown.keys() == FIELDS
    assert shown["creator"] == {
        "id": str(creator.id), "username": creator.username,
        "displayName": creator.username, "avatarUrl": None,
    }  # fmt: skip
    assert shown["status"] == "live"
    secrets = owner.execute(
        "select room_name, stream_key from streams where id = %s", (stream,)
    ).fetchone()
    assert secrets is not None
    assert not [secret for secret in secrets if secret in answer.text]


def test_the_most_watched_come_first(api: Api, people: People) -> None:
    quiet, loud, middling = (go_live(api, people, viewers) for viewers in (0, 3, 1))

    answer = api.get("/api/streams/live")

    assert ids(answer) == [loud, middling, quiet]
    assert [one["currentViewers"] for one in answer.json["streams"]] == [3, 1, 0]


def test_streams_for_followers_and_ticket_holders_are_listed_as_such(
    api: Api, people: People
) -> None:
    streams = {
        go_live(api, people, privacy="followers"): ("followers", None),
        go_live(api, people, privacy="ticketed", ticketPrice=70): ("ticketed", 70),
    }

    listed = api.get("/api/streams/live").json["streams"]

    assert {one["id"]: (one["privacy"], one["ticketPrice"]) for one in listed} == streams


def test_what_is_scheduled_or_over_is_not_live(api: Api, creator: Person, stream: str) -> None:
    api.post(
        "/api/streams/create",
        creator.token,
        {"title": "Later", "category": "music", "scheduledFor": in_days(1)},
    )
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert ids(api.get("/api/streams/live")) == []


def test_streams_of_suspended_creators_are_hidden(
    api: Api, people: People, creator: Person, stream: str
) -> None:
    people.suspend(creator)

    assert ids(api.get("/api/streams/live")) == []


def test_pages_show_every_stream_once(api: Api, people: People) -> None:
    streams = {go_live(api, people, viewers) for viewers in (0, 0, 0, 1, 1)}

    pages = list(api.pages("/api/streams/live", "streams", limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {one["id"] for page in pages for one in page} == streams


def test_pages_keep_their_place_while_streams_come_up(api: Api, people: People) -> None:
    streams = [go_live(api, people, viewers) for viewers in (3, 2, 1)]
    pages = api.pages("/api/streams/live", "streams", limit=1)

    seen = [next(pages)]
    go_live(api, people, 4)
    seen += pages

    assert [one["id"] for page in seen for one in page] == streams
