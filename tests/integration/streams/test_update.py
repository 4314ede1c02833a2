"""PATCH /api/streams/{streamId}."""

import threading
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Answer, Api
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, People, Person
from tests.integration.streams.conftest import Closed

FULL: dict[str, object] = {
    "title": "Piano", "description": "Requests welcome", "category": "music",
    "tags": ["piano", "chill"], "thumbnailUrl": "https://cdn.example.com/piano.png",
}  # fmt: skip
OTHER: dict[str, object] = {
    "title": "Jazz", "description": "No requests", "category": "jazz", "tags": ["sax"],
    "thumbnailUrl": "https://cdn.example.com/jazz.png",
}  # fmt: skip
TICKETED = {"privacy": "ticketed", "ticketPrice": 70}


def update(api: Api, stream: object, person: Person, **fields: object) -> Answer:
    return api.call("PATCH", f"/api/streams/{stream}", token=person.token, body=fields)


def shown(api: Api, stream: str, person: Person) -> Any:
    return api.get(f"/api/streams/{stream}", person.token).json


@pytest.fixture
def full(open_stream: OpenStream) -> str:
    """A live stream that says something in every field."""
    return open_stream(**FULL)


@pytest.fixture
def scheduled(open_stream: OpenStream) -> str:
    return open_stream(scheduledFor=in_days(1))


@pytest.mark.parametrize("field", FULL)
def test_what_is_sent_changes_and_nothing_else(
    api: Api, creator: Person, full: str, field: str
) -> None:
    before = shown(api, full, creator)

    changed = update(api, full, creator, **{field: OTHER[field]})

    assert changed.status == 200
    assert changed.headers["cache-control"] == "no-store"
    assert changed.json == before | {field: OTHER[field]} == shown(api, full, creator)


def test_many_fields_change_at_once(api: Api, creator: Person, full: str) -> None:
    before = shown(api, full, creator)

    assert update(api, full, creator, **OTHER).json == before | OTHER


@pytest.mark.parametrize("field", ["description", "thumbnailUrl"])
def test_null_clears_one_field_and_no_other(
    api: Api, creator: Person, full: str, field: str
) -> None:
    before = shown(api, full, creator)

    assert update(api, full, creator, **{field: None}).json == before | {field: None}


@pytest.mark.parametrize("field", ["title", "category", "tags", "privacy"])
def test_what_a_stream_must_have_cannot_be_cleared(
    api: Api, creator: Person, full: str, field: str
) -> None:
    before = shown(api, full, creator)

    refused = update(api, full, creator, **{field: None})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{field}"]
    assert shown(api, full, creator) == before


def test_all_tags_can_be_taken_away(api: Api, creator: Person, full: str) -> None:
    assert update(api, full, creator, tags=[]).json["tags"] == []


def test_an_update_of_nothing_changes_nothing(api: Api, creator: Person, full: str) -> None:
    before = shown(api, full, creator)

    changed = update(api, full, creator)

    assert (changed.status, changed.json) == (200, before)


def test_markup_and_quotes_are_kept_as_they_were_written(
    api: Api, creator: Person, stream: str
) -> None:
    text = """<b>'1'</b> "x"; drop table streams; -- \\ %s {} é 🎹"""

    changed = update(api, stream, creator, title=text, description=text, tags=['"a",b', "{}"]).json

    assert (changed["title"], changed["description"]) == (text, text)
    assert changed["tags"] == ['"a",b', "{}"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"title": "t" * 100}, 200),
        ({"title": "t" * 101}, 422),
        ({"title": "  "}, 422),
        ({"description": "é" * 500}, 200),
        ({"description": "d" * 501}, 422),
        ({"category": "c" * 50}, 200),
        ({"category": "c" * 51}, 422),
        ({"tags": ["t" * 30] * 10}, 200),
        ({"tags": ["t"] * 11}, 422),
        ({"tags": ["t" * 31]}, 422),
        ({"thumbnailUrl": "http://example.com/a.png"}, 422),
        ({"privacy": "secret"}, 422),
        ({"ticketPrice": 0}, 422),
        ({"ticketPrice": 100_001}, 422),
        ({"ticketPrice": "70"}, 422),
        ({"ticketPrice": 70.0}, 422),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_every_field_has_its_limits(
    api: Api, creator: Person, full: str, fields: dict[str, object], status: int
) -> None:
    before = shown(api, full, creator)

    answer = update(api, full, creator, **fields)

    assert answer.status == status
    if status == 422:
        (name,) = fields
        assert [fault["pointer"].split("/")[1] for fault in answer.json["errors"]] == [name]
        assert shown(api, full, creator) == before


GRABS: list[dict[str, object]] = [
    {"status": "ended"},
    {"scheduledFor": in_days(2)},
    {"startedAt": in_days(-2)},
    {"creatorId": str(uuid4())},
    {"id": str(uuid4())},
    {"roomName": "mine"},
    {"streamKey": "mine"},
    {"totalViews": 1_000_000},
    {"peakViewers": 1_000_000},
    {"isTotalled": True},
    {"ticket_price": 5},
]


@pytest.mark.parametrize("grab", GRABS, ids=lambda grab: next(iter(grab)))
def test_nothing_else_can_be_grabbed(
    api: Api, creator: Person, full: str, grab: dict[str, object]
) -> None:
    before = shown(api, full, creator)

    refused = update(api, full, creator, title="Grab", **grab)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert shown(api, full, creator) == before


# Who may watch, and for what price


@pytest.mark.parametrize(
    ("opened", "fields"),
    [
        ({}, {"privacy": "followers"}),
        ({}, {"privacy": "ticketed", "ticketPrice": 5}),
        ({"privacy": "followers"}, {"privacy": "public"}),
        (TICKETED, {"ticketPrice": 5}),
        (TICKETED, {"privacy": "public", "ticketPrice": None}),
        (TICKETED, {"privacy": "followers", "ticketPrice": None}),
    ],
    ids=str,
)
def test_the_terms_can_be_changed_until_the_stream_starts(
    api: Api, creator: Person, open_stream: OpenStream,
    opened: dict[str, object], fields: dict[str, object],
) -> None:  # fmt: skip
    stream = open_stream(scheduledFor=in_days(1), **opened)
    before = shown(api, stream, creator)

    changed = update(api, stream, creator, **fields)

    assert (changed.status, changed.json) == (200, before | fields)


@pytest.mark.parametrize(
    ("opened", "fields"),
    [
        ({}, {"privacy": "ticketed"}),
        ({}, {"ticketPrice": 5}),
        (TICKETED, {"privacy": "public"}),
        (TICKETED, {"ticketPrice": None}),
        ({"privacy": "followers"}, {"privacy": "public", "ticketPrice": 5}),
    ],
    ids=str,
)
def test_a_ticketed_stream_has_a_price_and_no_other_has(
    api: Api, creator: Person, open_stream: OpenStream,
    opened: dict[str, object], fields: dict[str, object],
) -> None:  # fmt: skip
    stream = open_stream(scheduledFor=in_days(1), **opened)
    before = shown(api, stream, creator)

    refused = update(api, stream, creator, **fields)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/ticketPrice"]
    assert shown(api, stream, creator) == before


@pytest.mark.parametrize(
    "fields",
    [{"privacy": "public", "ticketPrice": None}, {"privacy": "followers"}, {"ticketPrice": 5}],
    ids=str,
)
def test_the_terms_of_a_stream_that_has_started_stay(
    api: Api, creator: Person, open_stream: OpenStream, fields: dict[str, object]
) -> None:
    stream = open_stream(**TICKETED)
    before = shown(api, stream, creator)

    refused = update(api, stream, creator, title="Jazz", **fields)

    assert (refused.status, refused.code) == (409, "stream_started")
    assert shown(api, stream, creator) == before


def test_terms_that_are_sent_as_they_are_change_nothing(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(**TICKETED)

    changed = update(api, stream, creator, title="Jazz", **TICKETED)

    assert (changed.status, changed.json["title"]) == (200, "Jazz")


@pytest.mark.parametrize("privacy", ["public", "followers"])
def test_whoever_bought_a_ticket_keeps_what_it_is_good_for(
    api: Api, people: People, fan: Person, creator: Person, open_stream: OpenStream, privacy: str
) -> None:
    stream = open_stream(scheduledFor=in_days(1), **TICKETED)
    people.sell_ticket(stream, fan)

    refused = update(api, stream, creator, privacy=privacy, ticketPrice=None)

    assert (refused.status, refused.code) == (409, "tickets_sold")
    assert shown(api, stream, creator)["privacy"] == "ticketed"
    assert update(api, stream, creator, ticketPrice=5).json["ticketPrice"] == 5


# Who may change it, and when


def test_a_stream_that_has_ended_stays_as_it_was(api: Api, creator: Person, full: str) -> None:
    api.post(f"/api/streams/{full}/end", creator.token)
    before = shown(api, full, creator)
    attempts: list[dict[str, object]] = [{"title": "Jazz"}, {"privacy": "followers"}, {}]

    refusals = [update(api, full, creator, **fields) for fields in attempts]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_ended")] * 3
    assert shown(api, full, creator) == before


def test_only_the_host_changes_a_stream(
    api: Api, people: People, fan: Person, creator: Person, admin: Person, full: str
) -> None:
    before = shown(api, full, creator)

    refusals = [update(api, full, one, title="Mine") for one in (fan, people.creator(), admin)]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert shown(api, full, creator) == before


def test_whoever_may_not_see_the_stream_cannot_change_it(
    api: Api, fan: Person, closed: Closed
) -> None:
    refused = update(api, closed.stream, fan, title="Mine")

    hidden = closed.status == 404
    assert (refused.status, refused.code) == ((404, "not_found") if hidden else (403, "not_owner"))


def test_a_stream_that_never_was_cannot_be_changed(api: Api, creator: Person) -> None:
    refused = update(api, uuid4(), creator, title="Mine")

    assert (refused.status, refused.code) == (404, "not_found")


# At once


class Meanwhile:
    """An update that is sent while somebody else is at the stream's row."""

    def __init__(self, api: Api, stream: str, creator: Person, **fields: object) -> None:
        self.answers: list[Answer] = []
        self._thread = threading.Thread(
            target=lambda: self.answers.append(update(api, stream, creator, **fields))
        )
        self._thread.start()

    def waits(self) -> bool:
        """Whether it is still waiting after a moment."""
        self._thread.join(0.3)
        return self._thread.is_alive()

    def answer(self) -> Answer:
        self._thread.join(10)
        (answer,) = self.answers
        return answer


def test_of_two_updates_at_once_neither_is_lost(
    api: Api, backing: Backing, creator: Person, full: str
) -> None:
    with psycopg.connect(backing.direct_url) as other:
        other.execute(
            "select private.update_stream(%s, %s, %s)", (full, creator.id, '{"title": "Jazz"}')
        )
        later = Meanwhile(api, full, creator, description="No requests")
        assert later.waits()

    changed = later.answer().json

    assert (changed["title"], changed["description"]) == ("Jazz", "No requests")


def test_the_terms_wait_for_whoever_is_buying_a_ticket(
    api: Api, backing: Backing, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund
) -> None:
    stream = open_stream(scheduledFor=in_days(1), **TICKETED)
    fund(fan, 70)
    with psycopg.connect(backing.direct_url) as buyer:
        buyer.execute("select ledger.buy_ticket(%s, %s, 'k', 'h', 'q')", (fan.id, stream))
        assert update(api, stream, creator, title="Jazz").status == 200
        change = Meanwhile(api, stream, creator, privacy="public", ticketPrice=None)
        assert change.waits()

    refused = change.answer()

    assert (refused.status, refused.code) == (409, "tickets_sold")
