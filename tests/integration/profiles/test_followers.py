"""GET /api/profile/{username}/followers."""

import pytest

from tests.integration.api import Api
from tests.integration.people import People, Person


def path(person: Person) -> str:
    return f"/api/profile/{person.username}/followers"


def test_followers_come_newest_first_page_by_page(
    api: Api, people: People, creator: Person
) -> None:
    fans = [people.fan() for _ in range(5)]
    for one in fans:
        api.post(f"/api/follow/{creator.id}", one.token)

    pages = list(api.pages(path(creator), "users", limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [user["id"] for page in pages for user in page] == [
        str(one.id) for one in reversed(fans)
    ]


def test_a_follower_is_shown_as_a_card(api: Api, fan: Person, creator: Person) -> None:
    api.post("/api/user/update-profile", fan.token, {"bio": "Hi"})
    api.post(f"/api/follow/{creator.id}", fan.token)

    assert api.get(path(creator)).json["users"] == [
        {
            "id": str(fan.id), "username": fan.username, "displayName": fan.username,
            "avatarUrl": None, "bio": "Hi", "isCreatorVerified": False, "followerCount": 0,
        }
    ]  # fmt: skip


def test_whom_the_user_follows_is_not_listed(api: Api, fan: Person, creator: Person) -> None:
    api.post(f"/api/follow/{fan.id}", creator.token)

    assert api.get(path(creator)).json["users"] == []


def test_suspended_followers_are_left_out(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    api.post(f"/api/follow/{creator.id}", fan.token)
    people.suspend(fan)

    assert api.get(path(creator)).json["users"] == []


@pytest.mark.parametrize("blocker", ["the viewer", "the follower"])
def test_nobody_on_either_side_of_a_block_is_listed(
    api: Api, people: People, fan: Person, creator: Person, blocker: str
) -> None:
    viewer = people.fan()
    api.post(f"/api/follow/{creator.id}", fan.token)
    people.block(*((viewer, fan) if blocker == "the viewer" else (fan, viewer)))

    assert api.get(path(creator), viewer.token).json["users"] == []
    assert len(api.get(path(creator)).json["users"]) == 1


def test_who_is_blocked_by_the_user_finds_nobody(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    people.block(creator, fan)

    refused = api.get(path(creator), fan.token)

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_user_who_is_not_there_has_no_followers(api: Api) -> None:
    refused = api.get("/api/profile/nobody_here/followers")

    assert (refused.status, refused.code) == (404, "not_found")
