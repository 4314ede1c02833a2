"""GET /api/streams/{streamId}/leaderboard."""

import pytest

from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


def give(api: Api, stream: str, person: Person, gift: str, quantity: int = 1) -> None:
    body = {"giftId": GIFTS[gift], "quantity": quantity}
    assert api.pay(f"/api/streams/{stream}/gift", person.token, body).status == 201


@pytest.fixture
def givers(api: Api, people: People, stream: str, fund: Fund) -> list[Person]:
    """Five who gave 500, 100, 50, 20 and 10 coins."""
    everyone = [people.fan() for _ in range(5)]
    for person, gift in zip(
        everyone, ("Mansion", "Crown", "Rocket", "Diamond", "Fire"), strict=True
    ):
        fund(person, 500)
        give(api, stream, person, gift)
    return everyone


def test_a_stream_without_gifts_has_no_leaders(api: Api, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/leaderboard")

    assert (answer.status, answer.json) == (200, {"supporters": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_supporters_are_ranked_by_their_coins(api: Api, stream: str, givers: list[Person]) -> None:
    board = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]

    assert [one["coins"] for one in board] == [500, 100, 50, 20, 10]
    assert [one["user"]["id"] for one in board] == [str(one.id) for one in givers]
    assert board[0] == {
        "user": {
            "id": str(givers[0].id), "username": givers[0].username,
            "displayName": givers[0].username, "avatarUrl": None,
        },
        "coins": 500,
        "gifts": 1,
    }  # fmt: skip


def test_many_gifts_of_one_supporter_are_one_row_whatever_their_name_was(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    give(api, stream, fan, "Star", 2)
    owner.execute(
        "update profiles set username = 'new_' || substr(username, 1, 12) where user_id = %s",
        (fan.id,),
    )
    give(api, stream, fan, "Fire", 3)

    (row,) = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]

    assert (row["coins"], row["gifts"]) == (40, 5)
    assert row["user"]["username"].startswith("new_")


def test_a_replayed_gift_counts_once(
    api: Api, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)
    for _ in range(3):
        api.pay(
            f"/api/streams/{stream}/gift",
            fan.token,
            {"giftId": GIFTS["Star"], "quantity": 1},
            new_key,
        )

    (row,) = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]

    assert (row["coins"], row["gifts"]) == (5, 1)


def test_one_streams_leaders_are_not_anothers(
    api: Api, creator: Person, stream: str, givers: list[Person], open_stream: OpenStream
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    assert api.get(f"/api/streams/{open_stream()}/leaderboard").json["supporters"] == []
    assert len(api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]) == 5


def test_a_fan_with_access_sees_the_leaders(api: Api, fan: Person, admitted: str) -> None:
    assert api.get(f"/api/streams/{admitted}/leaderboard", fan.token).status == 200


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/leaderboard", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream
) -> None:
    refused = api.get(f"/api/streams/{open_stream(privacy='followers')}/leaderboard")

    assert (refused.status, refused.code) == (401, "authentication_required")


def test_pages_follow_each_other_until_there_is_none(
    api: Api, stream: str, givers: list[Person]
) -> None:
    pages = list(api.pages(f"/api/streams/{stream}/leaderboard", "supporters", limit=2))

    assert [[one["coins"] for one in page] for page in pages] == [[500, 100], [50, 20], [10]]


def test_pages_keep_their_place_while_others_give(
    api: Api, people: People, stream: str, givers: list[Person], fund: Fund
) -> None:
    pages = api.pages(f"/api/streams/{stream}/leaderboard", "supporters", limit=2)

    seen = [next(pages)]
    newcomer = people.fan()
    fund(newcomer, 1000)
    give(api, stream, newcomer, "Mansion", 2)
    seen += pages

    assert [[one["coins"] for one in page] for page in seen] == [[500, 100], [50, 20], [10]]


def test_equals_are_each_shown_once(api: Api, people: People, stream: str, fund: Fund) -> None:
    fans = [people.fan() for _ in range(5)]
    for one in fans:
        fund(one, 1)
        give(api, stream, one, "Rose")

    pages = list(api.pages(f"/api/streams/{stream}/leaderboard", "supporters", limit=2))

    assert {one["user"]["id"] for page in pages for one in page} == {str(one.id) for one in fans}
    assert [len(page) for page in pages] == [2, 2, 1]
