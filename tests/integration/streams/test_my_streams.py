"""GET /api/streams/my-streams."""

import pytest

from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import AddUp


@pytest.fixture
def three(api: Api, creator: Person, open_stream: OpenStream) -> list[str]:
    """The creator's streams, oldest first: one that has ended, a scheduled and a live one."""
    ended = open_stream()
    api.post(f"/api/streams/{ended}/end", creator.token)
    return [ended, open_stream(scheduledFor=in_days(1)), open_stream()]


def test_a_creator_without_streams_sees_an_empty_list(api: Api, creator: Person) -> None:
    answer = api.get("/api/streams/my-streams", creator.token)

    assert (answer.status, answer.json) == (200, {"streams": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_a_creator_sees_all_their_streams_newest_first_as_each_is_shown_alone(
    api: Api, creator: Person, three: list[str]
) -> None:
    listed = api.get("/api/streams/my-streams", creator.token).json["streams"]

    assert [one["id"] for one in listed] == three[::-1]
    assert [one["status"] for one in listed] == ["live", "scheduled", "ended"]
    assert listed == [
        api.get(f"/api/streams/{stream}", creator.token).json for stream in three[::-1]
    ]


@pytest.mark.parametrize(("status", "place"), [("ended", 0), ("scheduled", 1), ("live", 2)])
def test_the_list_can_be_of_one_status(
    api: Api, creator: Person, three: list[str], status: str, place: int
) -> None:
    listed = api.get("/api/streams/my-streams", creator.token, status=status).json["streams"]

    assert [one["id"] for one in listed] == [three[place]]


@pytest.mark.parametrize("status", ["", "LIVE", "over", "live' or '1'='1"])
def test_there_are_no_other_statuses(api: Api, creator: Person, status: str) -> None:
    refused = api.get("/api/streams/my-streams", creator.token, status=status)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == ["status"]


def test_streams_of_others_are_not_mine(api: Api, people: People, stream: str) -> None:
    other = people.creator()

    assert api.get("/api/streams/my-streams", other.token).json["streams"] == []


def test_a_stream_shows_the_same_before_and_after_it_was_added_to_the_totals(
    api: Api, creator: Person, fan: Person, stream: str, fund: Fund, add_up: AddUp
) -> None:
    fund(fan, 10)
    api.pay(f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Fire"], "quantity": 1})
    api.post(f"/api/streams/{stream}/end", creator.token)
    (before,) = api.get("/api/streams/my-streams", creator.token).json["streams"]

    add_up()

    (after,) = api.get("/api/streams/my-streams", creator.token).json["streams"]
    assert after == before == api.get(f"/api/streams/{stream}").json
    assert after["totalCoins"] == 10


def test_pages_follow_each_other_until_there_is_none(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    streams = [open_stream(scheduledFor=in_days(1)) for _ in range(5)]

    pages = list(api.pages("/api/streams/my-streams", "streams", creator.token, limit=2))

    assert [[one["id"] for one in page] for page in pages] == [
        streams[:2:-1], streams[2:0:-1], streams[:1],
    ]  # fmt: skip


def test_pages_keep_their_place_while_streams_are_made(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    streams = [open_stream(scheduledFor=in_days(1)) for _ in range(3)]
    pages = api.pages("/api/streams/my-streams", "streams", creator.token, limit=1)

    seen = [next(pages)]
    open_stream(scheduledFor=in_days(1))
    seen += pages

    assert [one["id"] for page in seen for one in page] == streams[::-1]


def test_streams_made_at_the_same_moment_are_each_shown_once(
    api: Api, owner: Owner, creator: Person, open_stream: OpenStream
) -> None:
    streams = {open_stream(scheduledFor=in_days(1)) for _ in range(5)}
    owner.execute(
        "update streams set created_at = '2026-01-01T00:00:00Z' where creator_id = %s",
        (creator.id,),
    )

    pages = list(api.pages("/api/streams/my-streams", "streams", creator.token, limit=2))

    assert {one["id"] for page in pages for one in page} == streams
    assert [len(page) for page in pages] == [2, 2, 1]
