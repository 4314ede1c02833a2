"""GET /api/profile/{username}/following."""

from tests.integration.api import Api
from tests.integration.people import People, Person


def path(person: Person) -> str:
    return f"/api/profile/{person.username}/following"


def test_whom_a_user_follows_comes_newest_first_page_by_page(
    api: Api, people: People, fan: Person
) -> None:
    creators = [people.creator() for _ in range(5)]
    for one in creators:
        api.post(f"/api/follow/{one.id}", fan.token)

    pages = list(api.pages(path(fan), "users", limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [user["id"] for page in pages for user in page] == [
        str(one.id) for one in reversed(creators)
    ]


def test_who_follows_the_user_is_not_listed(api: Api, fan: Person, creator: Person) -> None:
    api.post(f"/api/follow/{fan.id}", creator.token)

    assert api.get(path(fan)).json["users"] == []


def test_suspended_creators_are_left_out(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    api.post(f"/api/follow/{creator.id}", fan.token)
    people.suspend(creator)

    assert api.get(path(fan)).json["users"] == []


def test_a_user_who_is_not_there_follows_nobody(api: Api) -> None:
    refused = api.get("/api/profile/nobody_here/following")

    assert (refused.status, refused.code) == (404, "not_found")
