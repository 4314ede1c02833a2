"""GET /api/messages/block."""

from tests.integration.api import Api
from tests.integration.messages.test_block import block
from tests.integration.people import People, Person

PATH = "/api/messages/block"


def test_nobody_is_blocked_at_first(api: Api, fan: Person) -> None:
    answer = api.get(PATH, fan.token)

    assert (answer.status, answer.json) == (200, {"users": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_who_is_blocked_is_listed_newest_first_page_by_page(
    api: Api, people: People, fan: Person
) -> None:
    others = [people.fan() for _ in range(5)]
    for other in others:
        block(api, fan, other.id)

    pages = list(api.pages(PATH, "users", fan.token, limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [user["id"] for page in pages for user in page] == [
        str(other.id) for other in reversed(others)
    ]


def test_a_blocked_user_is_shown_with_their_profile(api: Api, fan: Person, creator: Person) -> None:
    block(api, fan, creator.id)

    (shown,) = api.get(PATH, fan.token).json["users"]

    assert shown.pop("blockedAt").endswith("Z")
    assert shown == {
        "id": str(creator.id),
        "username": creator.username,
        "displayName": creator.username,
        "avatarUrl": None,
    }


def test_the_blocks_of_others_are_not_listed(api: Api, fan: Person, creator: Person) -> None:
    block(api, creator, fan.id)

    assert api.get(PATH, fan.token).json["users"] == []
