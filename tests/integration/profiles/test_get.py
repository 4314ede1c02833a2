"""GET /api/profile/{username}."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.api import Answer, Api
from tests.integration.people import OpenStream, People, Person


def profile(api: Api, person: Person, viewer: Person | None = None) -> Answer:
    return api.get(f"/api/profile/{person.username}", viewer.token if viewer else None)


def test_anybody_sees_a_profile(api: Api, fan: Person) -> None:
    api.post("/api/user/update-profile", fan.token, {"bio": "Hi", "location": "Lisbon"})

    answer = profile(api, fan)

    assert answer.status == 200
    shown = answer.json
    assert shown.pop("createdAt").endswith("Z")
    assert shown == {
        "id": str(fan.id), "username": fan.username, "displayName": fan.username,
        "avatarUrl": None, "bannerUrl": None, "bio": "Hi", "location": "Lisbon", "website": None,
        "twitterHandle": None, "instagramHandle": None, "role": "fan",
        "isCreatorVerified": False, "followerCount": 0, "followingCount": 0,
        "isFollowing": False, "isBlocked": False, "callSettings": None, "liveStream": None,
        "nextShow": None,
    }  # fmt: skip


def test_a_user_name_is_found_in_any_case(api: Api, fan: Person) -> None:
    assert api.get(f"/api/profile/{fan.username.upper()}").json["id"] == str(fan.id)


def test_no_personal_data_is_shown(api: Api, fan: Person, creator: Person) -> None:
    assert fan.email not in profile(api, fan, creator).text


def test_reading_takes_one_round_trip_and_writes_nothing(
    api: Api, fan: Person, creator: Person, queries: list[str]
) -> None:
    profile(api, creator, fan)
    queries.clear()

    profile(api, creator, fan)

    assert queries == ["discovery.profile"]


def test_a_creator_is_shown_with_call_settings_and_live_stream(
    api: Api, creator: Person, open_stream: OpenStream
) -> None:
    stream = open_stream(title="Night")

    shown = profile(api, creator).json

    assert shown["callSettings"] == {
        "callRatePerMinute": 25, "minimumCallDuration": 5, "isAvailableForCalls": False,
    }  # fmt: skip
    assert (shown["liveStream"]["id"], shown["liveStream"]["title"]) == (stream, "Night")


def test_a_stream_that_has_ended_is_not_shown(api: Api, creator: Person, stream: str) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert profile(api, creator).json["liveStream"] is None


def show(api: Api, creator: Person, hours: float, **fields: object) -> str:
    start = datetime.now(UTC) + timedelta(hours=hours)
    body = {
        "title": "Show", "showType": "qna", "ticketPrice": 10,
        "scheduledStart": start.isoformat(),
    } | fields  # fmt: skip
    made = api.post("/api/shows/create", creator.token, body)
    assert made.status == 201, made.text
    return str(made.json["id"])


def test_the_next_public_show_is_shown(api: Api, creator: Person) -> None:
    show(api, creator, 1, isPrivate=True)
    show(api, creator, 5)
    soonest = show(api, creator, 2, title="Soon")

    shown = profile(api, creator).json["nextShow"]

    assert (shown["id"], shown["title"], shown["ticketPrice"]) == (soonest, "Soon", 10)


def test_the_viewer_is_told_how_they_stand(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    api.post(f"/api/follow/{creator.id}", fan.token)

    assert profile(api, creator, fan).json["isFollowing"] is True
    assert profile(api, creator, people.fan()).json["isFollowing"] is False
    assert profile(api, creator).json["followerCount"] == 1


def test_who_is_blocked_does_not_find_the_blocker(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    people.block(creator, fan)

    refused = profile(api, creator, fan)

    assert (refused.status, refused.code) == (404, "not_found")
    assert profile(api, creator).status == 200


def test_who_blocks_still_finds_the_blocked_and_is_told(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    people.block(fan, creator)

    assert profile(api, creator, fan).json["isBlocked"] is True


@pytest.mark.parametrize("status", ["suspended", "deleted"])
def test_an_account_that_is_not_active_is_not_there(
    api: Api, people: People, fan: Person, status: str
) -> None:
    if status == "suspended":
        people.suspend(fan)
    else:
        people.set(fan, status="deleted")

    refused = profile(api, fan)

    assert (refused.status, refused.code) == (404, "not_found")


@pytest.mark.parametrize("name", ["nobody_here", "%25", "a'b", "x" * 64])
def test_a_name_that_nobody_has_is_not_found(api: Api, name: str) -> None:
    refused = api.get(f"/api/profile/{name}")

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_name_too_long_is_refused(api: Api) -> None:
    refused = api.get(f"/api/profile/{'x' * 65}")

    assert (refused.status, refused.code) == (422, "validation_failed")
