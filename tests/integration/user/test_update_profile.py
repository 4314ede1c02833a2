"""POST /api/user/update-profile."""

from typing import Any

import httpx
import pytest

from limelight.http import accounts
from limelight.http.accounts import Account
from limelight.schema import UserId
from tests.integration.api import Answer, Api
from tests.integration.people import Owner, People, Person

FULL = {
    "displayName": "Nova", "bio": "Piano, mostly at night",
    "avatarUrl": "https://cdn.example.com/a.png", "bannerUrl": "https://cdn.example.com/b.png",
    "location": "Lisbon", "website": "https://nova.example.com", "twitterHandle": "nova",
    "instagramHandle": "nova.live",
}  # fmt: skip
CLEARABLE = [name for name in FULL if name != "displayName"]


def update(api: Api, person: Person, **fields: object) -> Answer:
    return api.post("/api/user/update-profile", person.token, fields)


def profile(api: Api, person: Person) -> dict[str, Any]:
    shown: dict[str, Any] = api.get("/api/user/profile", person.token).json["user"]
    return shown


def test_every_field_can_be_set(api: Api, fan: Person) -> None:
    before = profile(api, fan)

    changed = update(api, fan, **FULL)

    assert changed.status == 200
    assert changed.headers["cache-control"] == "no-store"
    assert changed.json == {"user": profile(api, fan)}
    assert {name: changed.json["user"][name] for name in FULL} == FULL
    kept = before.keys() - FULL.keys() - {"updatedAt"}
    assert {name: changed.json["user"][name] for name in kept} == {
        name: before[name] for name in kept
    }


@pytest.mark.parametrize("field", FULL)
def test_what_is_not_sent_keeps_what_it_holds(api: Api, fan: Person, field: str) -> None:
    update(api, fan, **FULL)
    value = "https://other.example.com/x" if str(FULL[field]).startswith("https") else "other"

    changed = update(api, fan, **{field: value}).json["user"]

    assert {name: changed[name] for name in FULL} == FULL | {field: value}


@pytest.mark.parametrize("field", CLEARABLE)
def test_null_clears_one_field_and_no_other(api: Api, fan: Person, field: str) -> None:
    update(api, fan, **FULL)

    changed = update(api, fan, **{field: None}).json["user"]

    assert {name: changed[name] for name in FULL} == FULL | {field: None}


def test_a_display_name_cannot_be_cleared(api: Api, fan: Person) -> None:
    for nothing in (None, "", "  "):
        refused = update(api, fan, displayName=nothing)

        assert (refused.status, refused.code) == (422, "validation_failed")
    assert profile(api, fan)["displayName"] == fan.username


def test_an_update_of_nothing_changes_nothing(api: Api, fan: Person) -> None:
    before = profile(api, fan)

    changed = update(api, fan)

    assert (changed.status, changed.json) == (200, {"user": before})


def test_the_display_name_is_known_to_auth_as_well(api: Api, people: People, fan: Person) -> None:
    update(api, fan, displayName="Nova 🎹")

    metadata = people.row(
        "select raw_user_meta_data as kept from auth.users where id = %(id)s", {"id": fan.id}
    )["kept"]
    assert (metadata["display_name"], metadata["username"]) == ("Nova 🎹", fan.username)


def test_markup_and_quotes_are_kept_as_they_were_written(api: Api, fan: Person) -> None:
    bio = """<script>alert('1')</script> "x"; drop table users; -- \\ %s {} é"""

    assert update(api, fan, bio=bio).json["user"]["bio"] == bio


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"displayName": "d" * 50}, 200),
        ({"displayName": "d" * 51}, 422),
        ({"bio": "é" * 500}, 200),
        ({"bio": "b" * 501}, 422),
        ({"location": "l" * 100}, 200),
        ({"location": "l" * 101}, 422),
        ({"twitterHandle": "t" * 50}, 200),
        ({"twitterHandle": "t" * 51}, 422),
        ({"instagramHandle": "i" * 50}, 200),
        ({"instagramHandle": "i" * 51}, 422),
        ({"website": "https://" + "w" * 2040}, 200),
        ({"website": "https://" + "w" * 2041}, 422),
        ({"website": "http://example.com"}, 422),
        ({"website": "https://"}, 422),
        ({"website": "https:// example.com"}, 422),
        ({"avatarUrl": "javascript:alert(1)"}, 422),
        ({"avatarUrl": "data:image/png;base64,AAAA"}, 422),
        ({"bannerUrl": "//example.com/b.png"}, 422),
        ({"bannerUrl": ""}, 422),
        ({"bio": "a\x00b"}, 422),
        ({"bio": "\ud83c"}, 422),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_every_field_has_its_limits(
    api: Api, fan: Person, fields: dict[str, object], status: int
) -> None:
    before = profile(api, fan)

    answer = update(api, fan, **fields)

    assert answer.status == status
    if status == 422:
        (name,) = fields
        assert [fault["pointer"] for fault in answer.json["errors"]] == [f"/{name}"]
        assert profile(api, fan) == before


GRABS: list[dict[str, object]] = [
    {"role": "admin"},
    {"status": "active"},
    {"isCreatorVerified": True},
    {"is_creator_verified": True},
    {"followerCount": 1_000_000},
    {"username": "admin"},
    {"email": "other@example.com"},
    {"id": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
    {"userId": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
    {"wallet": {"balance": 1000}},
    {"display_name": "snake"},
]


@pytest.mark.parametrize("grab", GRABS, ids=str)
def test_a_field_that_is_not_theirs_to_change_is_refused_with_the_rest(
    api: Api, fan: Person, grab: dict[str, object]
) -> None:
    before = profile(api, fan)

    refused = update(api, fan, bio="hello", **grab)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert profile(api, fan) == before


# Past the API, over REST


def patch(
    supabase: httpx.Client, person: Person, table: str, query: str, **columns: object
) -> httpx.Response:
    headers = {"Authorization": f"Bearer {person.token}", "Prefer": "return=representation"}
    return supabase.patch(f"/rest/v1/{table}?{query}", json=columns, headers=headers)


@pytest.mark.parametrize(
    "columns",
    [
        {"is_creator_verified": True},
        {"follower_count": 1_000_000},
        {"username": "admin2"},
        {"user_id": "4f8f2d52-6f3b-4c57-9a50-0c2e0e3f8a11"},
        {"bio": "hello", "is_creator_verified": True},
    ],
    ids=str,
)
def test_columns_of_a_profile_that_are_not_theirs_cannot_be_changed_over_rest(
    api: Api, supabase: httpx.Client, fan: Person, columns: dict[str, object]
) -> None:
    before = profile(api, fan)

    refused = patch(supabase, fan, "profiles", f"user_id=eq.{fan.id}", **columns)

    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert profile(api, fan) == before


@pytest.mark.parametrize(
    "columns", [{"role": "admin"}, {"status": "active"}, {"email": "a@example.com"}], ids=str
)
def test_nothing_of_an_account_can_be_changed_over_rest(
    api: Api, supabase: httpx.Client, fan: Person, columns: dict[str, object]
) -> None:
    refused = patch(supabase, fan, "users", f"id=eq.{fan.id}", **columns)

    assert (refused.status_code, refused.json()["code"]) == (403, "42501")
    assert profile(api, fan)["role"] == "fan"


def test_the_profile_of_another_cannot_be_changed_over_rest(
    api: Api, supabase: httpx.Client, fan: Person, creator: Person
) -> None:
    before = profile(api, creator)

    answer = patch(supabase, fan, "profiles", f"user_id=eq.{creator.id}", bio="hacked")
    everybodys = patch(supabase, fan, "profiles", "user_id=not.is.null", bio="mine")

    assert (answer.status_code, answer.json()) == (200, [])
    assert [row["user_id"] for row in everybodys.json()] == [str(fan.id)]
    assert profile(api, creator) == before


def test_rest_holds_a_profile_to_the_same_limits(supabase: httpx.Client, fan: Person) -> None:
    for columns in ({"bio": "b" * 501}, {"website": "http://example.com"}, {"display_name": ""}):
        refused = patch(supabase, fan, "profiles", f"user_id=eq.{fan.id}", **columns)

        assert (refused.status_code, refused.json()["code"]) == (400, "23514")


def test_a_role_written_into_ones_own_metadata_has_no_effect(
    api: Api, supabase: httpx.Client, fan: Person
) -> None:
    boast = {"role": "admin", "username": "admin", "is_creator_verified": True}
    headers = {"Authorization": f"Bearer {fan.token}"}

    kept = supabase.put("/auth/v1/user", json={"data": boast}, headers=headers)

    assert kept.status_code == 200
    assert kept.json()["user_metadata"]["role"] == "admin"
    shown = profile(api, fan)
    assert (shown["role"], shown["username"]) == ("fan", fan.username)
    assert shown["isCreatorVerified"] is False
    assert api.get("/api/admin/applications", fan.token).code == "role_required"


def test_a_suspended_account_cannot_change_its_profile_even_where_it_is_still_trusted(
    api: Api, owner: Owner, people: People, fan: Person
) -> None:
    account = Account(UserId(fan.id), "fan", "active")
    people.suspend(fan)
    accounts.cache.put(account)

    refused = update(api, fan, bio="still here")

    assert (refused.status, refused.code) == (403, "forbidden")
    kept = owner.execute("select bio from profiles where user_id = %s", (fan.id,)).fetchone()
    assert kept == (None,)
