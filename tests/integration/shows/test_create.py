"""POST /api/shows/create."""

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from tests.integration.api import Answer, Api
from tests.integration.clock import Clock
from tests.integration.moments import in_days, just_now
from tests.integration.people import Owner, People, Person

LEAST = {"title": "Piano", "showType": "qna", "ticketPrice": 0}


def create(api: Api, person: Person, **fields: object) -> Answer:
    body = LEAST | {"scheduledStart": in_days(1)} | fields
    sent = {name: value for name, value in body.items() if value is not ...}
    return api.post("/api/shows/create", person.token, sent)


def test_a_show_is_scheduled_and_answered_as_its_owner_sees_it(api: Api, creator: Person) -> None:
    start = in_days(2)

    made = create(
        api, creator, title="Piano by candlelight", description="Nocturnes", showType="workshop",
        ticketPrice=150, maxTickets=200, scheduledStart=start, durationMinutes=90,
        coverImageUrl="https://cdn.example.com/c.jpg", trailerUrl="https://cdn.example.com/t.mp4",
        isPrivate=True, tags=["piano", "classical"],
    )  # fmt: skip

    assert made.status == 201
    shown = made.json
    assert UUID(shown["id"])
    assert just_now(shown["createdAt"])
    assert datetime.fromisoformat(shown["scheduledStart"]) == datetime.fromisoformat(start)
    assert shown == {
        "id": shown["id"],
        "creator": {
            "id": str(creator.id), "username": creator.username,
            "displayName": creator.username, "avatarUrl": None,
        },
        "title": "Piano by candlelight",
        "description": "Nocturnes",
        "showType": "workshop",
        "ticketPrice": 150,
        "maxTickets": 200,
        "ticketsSold": 0,
        "ticketsRemaining": 200,
        "scheduledStart": shown["scheduledStart"],
        "durationMinutes": 90,
        "coverImageUrl": "https://cdn.example.com/c.jpg",
        "trailerUrl": "https://cdn.example.com/t.mp4",
        "isPrivate": True,
        "tags": ["piano", "classical"],
        "status": "scheduled",
        "startedAt": None,
        "endedAt": None,
        "cancelledAt": None,
        "cancelReason": None,
        "createdAt": shown["createdAt"],
        "ticket": None,
        "hasReminder": False,
    }  # fmt: skip


def test_what_is_left_out_is_an_hour_open_to_all_without_an_end_of_seats(
    api: Api, creator: Person
) -> None:
    shown = create(api, creator).json

    assert (shown["durationMinutes"], shown["isPrivate"], shown["tags"]) == (60, False, [])
    assert (shown["maxTickets"], shown["ticketsRemaining"]) == (None, None)
    assert (shown["description"], shown["coverImageUrl"], shown["trailerUrl"]) == (None, None, None)


def test_the_room_of_a_show_is_never_shown(api: Api, owner: Owner, creator: Person) -> None:
    made = create(api, creator)

    row = owner.execute("select room_name from shows where id = %s", (made.json["id"],)).fetchone()
    assert row is not None
    assert row[0] not in made.text


@pytest.mark.parametrize("kind", ["live_show", "qna", "workshop", "meetgreet", "performance"])
def test_a_show_is_of_one_of_five_types(api: Api, creator: Person, kind: str) -> None:
    assert create(api, creator, showType=kind).json["showType"] == kind


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 200), ("description", "x" * 2000), ("description", ""),
        ("ticketPrice", 0), ("ticketPrice", 100_000), ("maxTickets", 1), ("maxTickets", 50_000),
        ("durationMinutes", 1), ("durationMinutes", 720), ("tags", ["x" * 30] * 20),
    ],
    ids=lambda value: str(value)[:20],
)  # fmt: skip
def test_a_field_may_go_as_far_as_its_limit(
    api: Api, creator: Person, field: str, value: object
) -> None:
    made = create(api, creator, **{field: value})

    assert made.status == 201, made.text
    assert made.json[field] == value


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""), ("title", "  "), ("title", "x" * 201), ("title", None), ("title", ...),
        ("description", "x" * 2001),
        ("showType", "concert"), ("showType", None), ("showType", ...),
        ("ticketPrice", -1), ("ticketPrice", 100_001), ("ticketPrice", "30"), ("ticketPrice", 1.5),
        ("ticketPrice", None), ("ticketPrice", ...),
        ("maxTickets", 0), ("maxTickets", -1), ("maxTickets", 50_001), ("maxTickets", "5"),
        ("durationMinutes", 0), ("durationMinutes", 721), ("durationMinutes", None),
        ("scheduledStart", "tomorrow"), ("scheduledStart", "2030-01-01"),
        ("scheduledStart", "2030-01-01T20:00:00"), ("scheduledStart", 1_900_000_000),
        ("scheduledStart", None), ("scheduledStart", ...),
        ("coverImageUrl", "http://example.com/c.jpg"), ("coverImageUrl", "javascript:alert(1)"),
        ("trailerUrl", "https://"), ("trailerUrl", "https://x/" + "x" * 2048),
        ("isPrivate", "yes"), ("isPrivate", 1), ("isPrivate", None),
        ("tags", ["x"] * 21), ("tags", ["x" * 31]), ("tags", [""]), ("tags", [None]),
        ("tags", "piano"), ("tags", None),
    ],
    ids=lambda value: repr(value)[:40],
)  # fmt: skip
def test_a_field_beyond_its_limit_is_refused_by_name(
    api: Api, creator: Person, field: str, value: object
) -> None:
    refused = create(api, creator, **{field: value})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert {fault["pointer"].split("/")[1] for fault in refused.json["errors"]} == {field}


@pytest.mark.parametrize("field", ["status", "sold", "issued", "creatorId", "id", "roomName"])
def test_what_is_the_platforms_to_set_is_refused(api: Api, creator: Person, field: str) -> None:
    refused = create(api, creator, **{field: 1})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("days", [-1.0, -0.0001, 366.01, 40_000.0])
def test_a_show_starts_in_the_future_and_within_a_year(
    api: Api, creator: Person, days: float
) -> None:
    refused = create(api, creator, scheduledStart=in_days(days))

    assert (refused.status, refused.code) == (422, "show_start_invalid")


def test_the_database_knows_what_the_future_is(api: Api, creator: Person, clock: Clock) -> None:
    start = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    clock.advance(minutes=6)

    assert create(api, creator, scheduledStart=start).code == "show_start_invalid"
    assert create(api, creator, scheduledStart=in_days(366)).status == 201


def test_a_start_may_be_written_in_any_time_zone(api: Api, creator: Person) -> None:
    start = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    in_lisbon = start.astimezone(timezone(timedelta(hours=1)))

    shown = create(api, creator, scheduledStart=in_lisbon.isoformat()).json

    assert shown["scheduledStart"] == f"{start:%Y-%m-%dT%H:%M:%SZ}"


def test_a_fan_announces_no_show(api: Api, owner: Owner, fan: Person) -> None:
    refused = create(api, fan)

    assert (refused.status, refused.code) == (403, "role_required")
    assert owner.execute("select from shows where creator_id = %s", (fan.id,)).fetchall() == []


def test_a_suspended_creator_announces_no_show(api: Api, people: People, creator: Person) -> None:
    people.suspend(creator)

    assert create(api, creator).code == "account_suspended"
