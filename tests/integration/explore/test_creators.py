"""GET /api/explore."""

import math
from typing import Any
from uuid import uuid4

import pytest

from limelight.discovery import service
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.people import Owner, People, Person

PATH = "/api/explore"


def found(api: Api, token: str | None = None, **query: object) -> list[dict[str, Any]]:
    service.refresh_ranks()
    answer = api.get(PATH, token, **query)
    assert answer.status == 200, answer.text
    creators: list[dict[str, Any]] = answer.json["creators"]
    return creators


def names(api: Api, token: str | None = None, **query: object) -> list[str]:
    return [creator["username"] for creator in found(api, token, **query)]


@pytest.fixture
def stem() -> str:
    """What the creators of one test have in common: a search finds them and no others."""
    return f"x{uuid4().hex[:7]}"


@pytest.fixture
def old(people: People, owner: Owner, stem: str) -> Person:
    """A creator who is neither new, nor online, nor verified."""
    person = people.creator(stem)
    age(owner, person, days=100)
    return person


def age(owner: Owner, person: Person, *, days: float) -> None:
    owner.execute(
        """
        update public.users
        set created_at = private.now() - make_interval(secs => %s)
        where id = %s
        """,
        [days * 86_400, person.id],
    )


def followed(owner: Owner, person: Person, count: int) -> None:
    owner.execute(
        "update public.profiles set follower_count = %s where user_id = %s", [count, person.id]
    )


def score(people: People, person: Person) -> int:
    service.refresh_ranks()
    row = people.row(
        "select score from public.creator_ranks where user_id = %(id)s", {"id": person.id}
    )
    return int(row["score"])


# The score


def test_a_creator_of_whom_nothing_is_known_has_no_score(people: People, old: Person) -> None:
    assert score(people, old) == 0


def test_live_counts_as_online_and_as_streamed_lately(
    api: Api, people: People, old: Person
) -> None:
    api.post("/api/streams/create", old.token, {"title": "T", "category": "music"})

    assert score(people, old) == 1000 + 500 + 200


def test_available_for_calls_is_online(api: Api, people: People, old: Person) -> None:
    api.call("PATCH", "/api/creator/settings", token=old.token, body={"isAvailableForCalls": True})

    assert score(people, old) == 500


def test_a_stream_counts_for_seven_days_after_its_end(
    api: Api, people: People, old: Person, clock: Clock
) -> None:
    made = api.post("/api/streams/create", old.token, {"title": "T", "category": "music"})
    api.post(f"/api/streams/{made.json['id']}/end", old.token)

    clock.advance(days=6, hours=23, minutes=59)
    assert score(people, old) == 200
    clock.advance(minutes=2)
    assert score(people, old) == 0


def test_an_account_is_new_for_fourteen_days(people: People, owner: Owner, old: Person) -> None:
    age(owner, old, days=13.99)
    assert score(people, old) == 150
    age(owner, old, days=14.01)
    assert score(people, old) == 0


def test_verified_counts_a_hundred(people: People, owner: Owner, old: Person) -> None:
    owner.execute(
        "update public.profiles set is_creator_verified = true where user_id = %s", [old.id]
    )

    assert score(people, old) == 100


@pytest.mark.parametrize("count", [0, 1, 9, 99, 1_000, 22_026, 23_000, 10_000_000])
def test_followers_count_by_their_logarithm_up_to_three_hundred(
    people: People, owner: Owner, old: Person, count: int
) -> None:
    followed(owner, old, count)

    assert score(people, old) == min(300, math.floor(69 * math.log10(count + 1) + 1e-9))


# The list


def test_creators_come_by_rank(
    api: Api, people: People, owner: Owner, stem: str, old: Person
) -> None:
    new, famous, live = (people.creator(stem) for _ in range(3))
    age(owner, famous, days=100)
    followed(owner, famous, 900)
    api.post("/api/streams/create", live.token, {"title": "T", "category": "music"})

    assert names(api, search=stem) == [person.username for person in (live, famous, new, old)]


def test_pages_follow_the_rank_and_then_the_id(
    api: Api, people: People, owner: Owner, stem: str
) -> None:
    made = [people.creator(stem) for _ in range(5)]
    followed(owner, made[3], 50)
    service.refresh_ranks()

    pages = list(api.pages(PATH, "creators", search=stem, limit=2))

    rest = sorted((str(one.id) for one in made if one is not made[3]), reverse=True)
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one["id"] for page in pages for one in page] == [str(made[3].id), *rest]


def test_a_live_creator_is_shown_with_the_stream(
    api: Api, people: People, stem: str, creator: Person
) -> None:
    live = people.creator(stem)
    made = api.post("/api/streams/create", live.token, {"title": "Night", "category": "jazz"}).json

    (shown,) = found(api, search=stem)

    assert shown == {
        "id": str(live.id), "username": live.username, "displayName": live.username,
        "avatarUrl": None, "bio": None, "isCreatorVerified": False, "followerCount": 0,
        "category": "jazz", "isLive": True, "isOnline": True, "isNew": True,
        "liveStream": {
            "id": made["id"], "title": "Night", "privacy": "public", "currentViewers": 0,
            "startedAt": made["startedAt"],
        },
    }  # fmt: skip


def test_going_live_and_ending_show_at_once(api: Api, people: People, stem: str) -> None:
    person = people.creator(stem)
    service.refresh_ranks()

    made = api.post("/api/streams/create", person.token, {"title": "T", "category": "music"})
    live = api.get(PATH, search=stem, filter="live").json["creators"]
    api.post(f"/api/streams/{made.json['id']}/end", person.token)
    ended = api.get(PATH, search=stem, filter="live").json["creators"]

    assert [one["username"] for one in live] == [person.username]
    assert ended == []


def test_filters_narrow_together_with_category_and_search(
    api: Api, people: People, owner: Owner, stem: str, old: Person
) -> None:
    live, online = people.creator(stem), people.creator(stem)
    api.post("/api/streams/create", live.token, {"title": "T", "category": "chess"})
    api.call(
        "PATCH", "/api/creator/settings", token=online.token, body={"isAvailableForCalls": True}
    )

    assert names(api, search=stem, filter="live") == [live.username]
    assert names(api, search=stem, filter="online") == [live.username, online.username]
    assert set(names(api, search=stem, filter="new")) == {live.username, online.username}
    assert names(api, search=stem, category="chess") == [live.username]
    assert names(api, search=stem, category="chess", filter="new") == [live.username]
    assert names(api, search=stem, category="music") == []


def test_a_search_finds_a_part_of_the_display_name_in_any_case(
    api: Api, old: Person, stem: str
) -> None:
    api.post("/api/user/update-profile", old.token, {"displayName": f"Zoë {stem} Ö"})

    assert names(api, search=f"zoë {stem.upper()} ö") == [old.username]


@pytest.mark.parametrize("search", ["%", "_", "\\", "a%", "' or true --"])
def test_signs_in_a_search_are_taken_for_themselves(api: Api, old: Person, search: str) -> None:
    for creator in found(api, search=search):
        shown = f"{creator['username']} {creator['displayName'].lower()}"
        assert search in shown


def test_fans_and_suspended_and_deleted_creators_are_not_found(
    api: Api, people: People, stem: str, old: Person
) -> None:
    people.fan(stem)
    suspended, deleted = people.creator(stem), people.creator(stem)
    service.refresh_ranks()
    people.suspend(suspended)
    people.set(deleted, status="deleted")

    shown = [one["username"] for one in api.get(PATH, search=stem).json["creators"]]

    assert shown == [old.username]


@pytest.mark.parametrize("blocker", ["the viewer", "the creator"])
def test_nobody_finds_whom_they_block_or_who_blocks_them(
    api: Api, people: People, fan: Person, stem: str, old: Person, blocker: str
) -> None:
    people.block(*((fan, old) if blocker == "the viewer" else (old, fan)))

    assert names(api, fan.token, search=stem) == []
    assert names(api, search=stem) == [old.username]


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"filter": "best"}, "filter"),
        ({"search": "x" * 51}, "search"),
        ({"search": " "}, "search"),
        ({"category": ""}, "category"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, query: dict[str, str], parameter: str) -> None:
    refused = api.get(PATH, **query)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == [parameter]
