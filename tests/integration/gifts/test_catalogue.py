"""GET /api/gifts."""

from collections.abc import Iterator

import pytest

from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.people import Owner, Person

PRICES = dict(zip(GIFTS, (1, 2, 5, 10, 20, 50, 100, 500), strict=True))


@pytest.fixture
def asteroid(owner: Owner) -> Iterator[str]:
    """The id of a gift that costs as much as a Star, and has been retired."""
    row = owner.execute(
        """
        insert into public.virtual_gifts (name, price, rarity, animation, is_active)
        values ('Asteroid', 5, 'rare', 'burst', false)
        returning id
        """
    ).fetchone()
    assert row is not None
    yield str(row[0])
    owner.execute("delete from public.virtual_gifts where name = 'Asteroid'")


def test_the_catalogue_is_public_cheapest_first_and_may_be_cached(api: Api, fan: Person) -> None:
    for token in (None, fan.token):
        answer = api.get("/api/gifts", token)

        assert answer.status == 200
        assert {one["name"]: one["price"] for one in answer.json["gifts"]} == PRICES
        assert [one["price"] for one in answer.json["gifts"]] == sorted(PRICES.values())
        assert answer.json["nextCursor"] is None
        assert answer.headers["cache-control"] == "public, max-age=60"


def test_a_gift_is_shown_with_what_a_client_draws_it_by(api: Api) -> None:
    star = api.get("/api/gifts").json["gifts"][2]

    assert star == {
        "id": GIFTS["Star"], "name": "Star", "price": 5, "rarity": "rare", "animation": "burst",
    }  # fmt: skip


def test_a_retired_gift_is_not_in_the_catalogue(api: Api, asteroid: str) -> None:
    assert asteroid not in [one["id"] for one in api.get("/api/gifts").json["gifts"]]


def test_pages_follow_each_other_and_split_gifts_of_one_price(
    api: Api, owner: Owner, asteroid: str
) -> None:
    owner.execute("update public.virtual_gifts set is_active = true where id = %s", (asteroid,))

    pages = list(api.pages("/api/gifts", "gifts", limit=3))

    assert [[one["price"] for one in page] for page in pages] == [
        [1, 2, 5], [5, 10, 20], [50, 100, 500],
    ]  # fmt: skip
    assert {one["name"] for page in pages for one in page} == {*PRICES, "Asteroid"}


def test_a_refusal_is_never_cached(api: Api) -> None:
    assert api.get("/api/gifts", limit=0).headers["cache-control"] == "no-store"
