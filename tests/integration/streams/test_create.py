"""POST /api/streams/create."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.clock import Clock
from tests.integration.moments import in_days, is_moment, just_now
from tests.integration.people import Owner, People, Person

PIANO = {"title": "Piano", "category": "music"}
FIELDS = {
    "id", "creator", "title", "description", "category", "tags", "privacy", "ticketPrice",
    "thumbnailUrl", "status", "scheduledFor", "startedAt", "endedAt", "currentViewers",
    "peakViewers", "totalViews", "totalCoins", "durationSeconds",
}  # fmt: skip


def create(api: Api, person: Person, **fields: object) -> Answer:
    return api.post("/api/streams/create", person.token, PIANO | fields)


def test_a_stream_is_live_at_once(api: Api, creator: Person) -> None:
    made = create(
        api, creator, description="Requests welcome", tags=["piano", "chill"],
        thumbnailUrl="https://cdn.example.com/piano.png",
    )  # fmt: skip

    assert made.status == 201
    assert made.headers["cache-control"] == "no-store"
    stream = made.json
    assert stream.keys() == FIELDS
    assert UUID(stream.pop("id"))
    assert is_moment(started := stream.pop("startedAt"))
    assert just_now(started)
    assert stream == {
        "creator": {
            "id": str(creator.id), "username": creator.username,
            "displayName": creator.username, "avatarUrl": None,
        },
        "title": "Piano", "description": "Requests welcome", "category": "music",
        "tags": ["piano", "chill"], "privacy": "public", "ticketPrice": None,
        "thumbnailUrl": "https://cdn.example.com/piano.png", "status": "live",
        "scheduledFor": None, "endedAt": None, "currentViewers": 0, "peakViewers": 0,
        "totalViews": 0, "totalCoins": 0, "durationSeconds": None,
    }  # fmt: skip


def test_a_stream_ahead_is_scheduled(api: Api, creator: Person) -> None:
    there = datetime.now(timezone(timedelta(hours=14))).replace(microsecond=0) + timedelta(days=30)

    made = create(api, creator, scheduledFor=there.isoformat()).json

    assert made["scheduledFor"] == there.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (made["status"], made["startedAt"]) == ("scheduled", None)


def test_a_stream_scheduled_for_the_past_is_live_now(api: Api, creator: Person) -> None:
    made = create(api, creator, scheduledFor=in_days(-1)).json

    assert (made["status"], made["scheduledFor"]) == ("live", None)


def test_what_lies_ahead_is_decided_by_the_servers_clock(
    api: Api, creator: Person, clock: Clock
) -> None:
    clock.advance(days=2)

    made = create(api, creator, scheduledFor=in_days(1)).json

    assert (made["status"], made["scheduledFor"]) == ("live", None)
    assert datetime.fromisoformat(made["startedAt"]) > datetime.now(UTC) + timedelta(days=1)


def test_a_creator_has_one_live_stream(api: Api, creator: Person, stream: str) -> None:
    refused = create(api, creator)

    assert (refused.status, refused.code) == (409, "already_live")
    assert refused.json["streamId"] == stream


def test_a_creator_who_is_live_can_schedule_many_more(
    api: Api, creator: Person, stream: str
) -> None:
    made = [create(api, creator, scheduledFor=in_days(days)) for days in (1, 1, 2)]

    assert [one.status for one in made] == [201, 201, 201]
    assert len({one.json["id"] for one in made}) == 3


def test_a_creator_can_go_live_again_after_the_end(api: Api, creator: Person, stream: str) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert create(api, creator).status == 201


def test_of_many_starts_at_once_one_is_live(
    api: Api, owner: Owner, creator: Person, crowd: None
) -> None:
    answers = api.at_once([Post("/api/streams/create", creator.token, PIANO)] * 8)

    assert sorted(one.status for one in answers) == [201] + [409] * 7
    (live,) = (one.json["id"] for one in answers if one.status == 201)
    assert {one.json["streamId"] for one in answers if one.status == 409} == {live}
    rows = owner.execute("select id from public.streams where creator_id = %s", (creator.id,))
    assert [str(one) for (one,) in rows] == [live]


def test_a_ticketed_stream_has_its_price(api: Api, creator: Person) -> None:
    made = create(api, creator, privacy="ticketed", ticketPrice=100_000).json

    assert (made["privacy"], made["ticketPrice"]) == ("ticketed", 100_000)


def test_an_admin_may_stream_as_well(api: Api, people: People) -> None:
    assert create(api, people.admin()).status == 201


def test_a_fan_may_not(api: Api, owner: Owner, fan: Person) -> None:
    refused = create(api, fan)

    assert (refused.status, refused.code) == (403, "role_required")
    assert not owner.execute("select from streams where creator_id = %s", (fan.id,)).fetchall()


def test_a_creator_who_was_made_a_fan_again_may_not(
    api: Api, people: People, creator: Person
) -> None:
    people.set(creator, role="fan")

    assert create(api, creator).code == "role_required"


ACCEPTED: dict[str, dict[str, Any]] = {
    "a title of 1": {"title": "P"},
    "a title of 100": {"title": "é" * 100},
    "a title with white space around": {"title": "  " + "P" * 100 + "\n"},
    "a description of 500": {"description": "d" * 500},
    "no description": {"description": None},
    "an empty description": {"description": ""},
    "a category of 50": {"category": "c" * 50},
    "ten tags of 30": {"tags": ["t" * 30] * 10},
    "no tags": {"tags": []},
    "a price of 1": {"privacy": "ticketed", "ticketPrice": 1},
    "a year ahead": {"scheduledFor": in_days(365)},
    "with the first moment there is": {"scheduledFor": "0001-01-01T00:00:00+14:00"},
    "an address of 2048": {"thumbnailUrl": "https://a.example/" + "p" * (2048 - 18)},
}


@pytest.mark.parametrize("fields", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_within_the_limits_is_kept_and_can_be_read(
    api: Api, creator: Person, fields: dict[str, Any]
) -> None:
    made = create(api, creator, **fields)

    assert made.status == 201, made.text
    read = api.get(f"/api/streams/{made.json['id']}", creator.token)
    assert read.json == made.json
    for name, sent in fields.items():
        if name != "scheduledFor":
            assert made.json[name] == (sent.strip() if isinstance(sent, str) else sent)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no title": ({"title": ""}, "/title"),
    "a blank title": ({"title": " \t"}, "/title"),
    "a title of 101": ({"title": "P" * 101}, "/title"),
    "null for a title": ({"title": None}, "/title"),
    "a description of 501": ({"description": "d" * 501}, "/description"),
    "no category": ({"category": ""}, "/category"),
    "a category of 51": ({"category": "c" * 51}, "/category"),
    "eleven tags": ({"tags": ["t"] * 11}, "/tags"),
    "a tag of 31": ({"tags": ["t", "t" * 31]}, "/tags/1"),
    "a blank tag": ({"tags": [" "]}, "/tags/0"),
    "tags as text": ({"tags": "piano"}, "/tags"),
    "null for tags": ({"tags": None}, "/tags"),
    "a privacy that is none": ({"privacy": "secret"}, "/privacy"),
    "a price of 0": ({"privacy": "ticketed", "ticketPrice": 0}, "/ticketPrice"),
    "a price of 100001": ({"privacy": "ticketed", "ticketPrice": 100_001}, "/ticketPrice"),
    "a price as text": ({"privacy": "ticketed", "ticketPrice": "70"}, "/ticketPrice"),
    "a fraction of a coin": ({"privacy": "ticketed", "ticketPrice": 70.5}, "/ticketPrice"),
    "a ticketed stream without a price": ({"privacy": "ticketed"}, ""),
    "a price without tickets": ({"ticketPrice": 70}, ""),
    "http": ({"thumbnailUrl": "http://cdn.example.com/a.png"}, "/thumbnailUrl"),
    "a script": ({"thumbnailUrl": "javascript:alert(1)"}, "/thumbnailUrl"),
    "an address with white space": ({"thumbnailUrl": "https://a.example/ b"}, "/thumbnailUrl"),
    "an address of 2049": (
        {"thumbnailUrl": "https://a.example/" + "p" * (2049 - 18)},
        "/thumbnailUrl",
    ),
    "a moment without an offset": ({"scheduledFor": "2030-01-01T00:00:00"}, "/scheduledFor"),
    "a moment as a number": ({"scheduledFor": 1_900_000_000}, "/scheduledFor"),
    "a moment as a number in text": ({"scheduledFor": "1900000000"}, "/scheduledFor"),
    "a date": ({"scheduledFor": "2030-01-01"}, "/scheduledFor"),
    "a day that is none": ({"scheduledFor": "2030-02-30T00:00:00Z"}, "/scheduledFor"),
    "more than a year ahead": ({"scheduledFor": in_days(367)}, "/scheduledFor"),
    "the last moment there is": ({"scheduledFor": "9999-12-31T23:59:59-12:00"}, "/scheduledFor"),
    "NUL": ({"title": "Pi\x00no"}, "/title"),
    "half a character": ({"description": "\udfff"}, "/description"),
    "another's id": ({"creatorId": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"}, "/creatorId"),
    "a status": ({"status": "ended"}, "/status"),
    "a room": ({"roomName": "mine"}, "/roomName"),
    "figures": ({"totalViews": 1_000_000}, "/totalViews"),
}


@pytest.mark.parametrize(("fields", "pointer"), REFUSED.values(), ids=REFUSED)
def test_what_is_past_the_limits_is_refused_by_name(
    api: Api, owner: Owner, creator: Person, fields: dict[str, Any], pointer: str
) -> None:
    refused = create(api, creator, **fields)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert pointer in [fault["pointer"] for fault in refused.json["errors"]]
    assert not owner.execute("select from streams where creator_id = %s", (creator.id,)).fetchall()


def test_a_stream_never_shows_its_room_or_key(api: Api, owner: Owner, creator: Person) -> None:
    made = create(api, creator)

    secrets = owner.execute(
        "select room_name, stream_key from streams where id = %s", (made.json["id"],)
    ).fetchone()
    assert secrets is not None
    assert not [secret for secret in secrets if secret in made.text]
