"""GET /api/admin/users."""

from uuid import uuid4

import pytest

from tests.integration.admin.desk import act
from tests.integration.api import Api
from tests.integration.people import People, Person

PATH = "/api/admin/users"


def found(api: Api, admin: Person, **query: object) -> list[str]:
    return [user["id"] for user in api.get(PATH, admin.token, **query).json["users"]]


def test_a_user_is_shown_with_all_the_desk_needs(api: Api, admin: Person, creator: Person) -> None:
    answer = api.get(PATH, admin.token, search=creator.username)

    assert answer.headers["cache-control"] == "no-store"
    (shown,) = answer.json["users"]
    assert shown.pop("createdAt").endswith("Z")
    assert shown == {
        "id": str(creator.id),
        "username": creator.username,
        "displayName": creator.username,
        "avatarUrl": None,
        "email": creator.email,
        "role": "creator",
        "status": "active",
        "suspendedAt": None,
        "suspensionReason": None,
        "isCreatorVerified": False,
        "followerCount": 0,
    }


def test_users_come_newest_first_page_by_page(api: Api, people: People, admin: Person) -> None:
    stem = f"desk{uuid4().hex[:5]}"
    made = [people.fan(stem) for _ in range(5)]

    pages = list(api.pages(PATH, "users", admin.token, search=stem, limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [user["id"] for page in pages for user in page] == [
        str(person.id) for person in reversed(made)
    ]


def test_filters_narrow_together(api: Api, people: People, admin: Person) -> None:
    stem = f"role{uuid4().hex[:5]}"
    fan, creator, suspended = people.fan(stem), people.creator(stem), people.creator(stem)
    people.suspend(suspended)

    assert found(api, admin, search=stem, role="creator") == [str(suspended.id), str(creator.id)]
    assert found(api, admin, search=stem, role="creator", status="active") == [str(creator.id)]
    assert found(api, admin, search=stem, role="creator", status="suspended") == [str(suspended.id)]
    assert found(api, admin, search=stem, role="fan") == [str(fan.id)]


def test_a_search_keeps_the_other_filters(api: Api, people: People, admin: Person) -> None:
    """An earlier product lost the role when a search was given."""
    creator = people.creator()

    assert found(api, admin, search=creator.username, role="admin") == []


@pytest.mark.parametrize("part", ["username", "display name", "e-mail"])
def test_a_search_looks_in_name_display_name_and_address_in_any_case(
    api: Api, admin: Person, fan: Person, part: str
) -> None:
    shown = f"Über {uuid4().hex[:6]}"
    api.post("/api/user/update-profile", fan.token, {"displayName": shown})
    search = {"username": fan.username, "display name": shown, "e-mail": fan.email}[part]

    assert found(api, admin, search=search.upper()) == [str(fan.id)]


@pytest.mark.parametrize(
    "search",
    [
        "%", "_____________________", "\\", "%%%", "a%b", "',role.eq.admin", "),or(role.eq.admin",
        "*", "\"", "a,b", "nova)", "x' or '1'='1", ".eq.",
    ],
)  # fmt: skip
def test_signs_in_a_search_are_taken_for_themselves(api: Api, admin: Person, search: str) -> None:
    answer = api.get(PATH, admin.token, search=search)

    assert answer.status == 200
    for user in answer.json["users"]:
        shown = (user["username"], user["displayName"].lower(), user["email"])
        assert any(search in one for one in shown)


def test_a_per_cent_sign_finds_the_name_that_has_one(api: Api, admin: Person, fan: Person) -> None:
    mark = uuid4().hex[:6]
    api.post("/api/user/update-profile", fan.token, {"displayName": f"100% {mark}"})

    assert found(api, admin, search=f"100% {mark}") == [str(fan.id)]


@pytest.mark.parametrize(
    "query", [{"role": "owner"}, {"status": "gone"}, {"search": ""}, {"search": "x" * 101}]
)
def test_a_filter_that_makes_no_sense_is_refused(
    api: Api, admin: Person, query: dict[str, str]
) -> None:
    refused = api.get(PATH, admin.token, **query)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == [*query]


def test_deleted_users_are_found_by_their_status(api: Api, admin: Person, fan: Person) -> None:
    act(api, admin, fan, "delete")

    assert str(fan.id) in found(api, admin, status="deleted", limit=100)
