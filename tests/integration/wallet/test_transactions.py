"""GET /api/wallet/transactions."""

from uuid import UUID

import pytest

from tests.integration.api import Api
from tests.integration.ledger import GIFTS
from tests.integration.moments import is_moment, just_now
from tests.integration.people import Fund, People, Person


def amounts(pages: list[list[dict[str, int]]]) -> list[list[int]]:
    return [[row["amount"] for row in page] for page in pages]


@pytest.fixture
def gifted(api: Api, fan: Person, stream: str, fund: Fund) -> Person:
    """A fan who was given 100 coins and sent a Star on."""
    fund(fan, 100)
    star = {"giftId": GIFTS["Star"], "quantity": 1}
    assert api.pay(f"/api/streams/{stream}/gift", fan.token, star).status == 201
    return fan


def test_a_new_account_has_no_transactions(api: Api, fan: Person) -> None:
    answer = api.get("/api/wallet/transactions", fan.token)

    assert (answer.status, answer.json) == (200, {"transactions": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_transactions_are_the_callers_entries_newest_first(
    api: Api, gifted: Person, creator: Person, stream: str
) -> None:
    gift, promo = api.get("/api/wallet/transactions", gifted.token).json["transactions"]
    (received,) = api.get("/api/wallet/transactions", creator.token).json["transactions"]

    assert gift.keys() == {
        "transferId", "type", "amount", "description", "subjectType", "subjectId", "createdAt",
    }  # fmt: skip
    assert (gift["type"], gift["amount"], gift["description"]) == ("gift", -5, "Star")
    assert (gift["subjectType"], gift["subjectId"]) == ("stream", stream)
    assert is_moment(gift["createdAt"])
    assert just_now(gift["createdAt"])
    assert (promo["type"], promo["amount"]) == ("promo_credit", 100)
    assert (promo["subjectType"], promo["subjectId"]) == ("user", str(gifted.id))
    assert (received["type"], received["amount"]) == ("gift", 5)
    assert UUID(received["transferId"]) == UUID(gift["transferId"])


def test_transactions_can_be_of_one_type(api: Api, gifted: Person) -> None:
    def of(kind: str) -> list[int]:
        answer = api.get("/api/wallet/transactions", gifted.token, type=kind)
        return [row["amount"] for row in answer.json["transactions"]]

    assert (of("gift"), of("promo_credit"), of("payout")) == ([-5], [100], [])


@pytest.mark.parametrize("kind", ["", "GIFT", "loan", "gift' or '1'='1"])
def test_a_type_that_the_ledger_does_not_know_is_refused(api: Api, fan: Person, kind: str) -> None:
    refused = api.get("/api/wallet/transactions", fan.token, type=kind)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["parameter"] for fault in refused.json["errors"]] == ["type"]


def test_pages_follow_each_other_until_there_is_none(api: Api, fan: Person, fund: Fund) -> None:
    for coins in range(1, 8):
        fund(fan, coins)

    pages = list(api.pages("/api/wallet/transactions", "transactions", fan.token, limit=3))

    assert amounts(pages) == [[7, 6, 5], [4, 3, 2], [1]]


def test_a_full_last_page_has_no_next(api: Api, fan: Person, fund: Fund) -> None:
    for coins in range(1, 5):
        fund(fan, coins)

    pages = list(api.pages("/api/wallet/transactions", "transactions", fan.token, limit=2))

    assert amounts(pages) == [[4, 3], [2, 1]]


def test_pages_keep_their_place_while_coins_arrive(api: Api, fan: Person, fund: Fund) -> None:
    for coins in range(1, 7):
        fund(fan, coins)
    pages = api.pages("/api/wallet/transactions", "transactions", fan.token, limit=2)

    seen = [next(pages)]
    fund(fan, 100)
    seen += pages

    assert amounts(seen) == [[6, 5], [4, 3], [2, 1]]


def test_pages_of_one_type_skip_the_others(
    api: Api, fan: Person, admin: Person, fund: Fund
) -> None:
    for coins in range(1, 4):
        fund(fan, 10 * coins)
        api.pay(
            f"/api/admin/wallets/{fan.id}/adjust",
            admin.token,
            {"amount": -coins, "reason": "correction"},
        )

    pages = list(
        api.pages("/api/wallet/transactions", "transactions", fan.token, limit=2, type="adjustment")
    )

    assert amounts(pages) == [[-3, -2], [-1]]


def test_a_page_is_twenty_rows_unless_more_are_asked_for(api: Api, fan: Person, fund: Fund) -> None:
    for _ in range(21):
        fund(fan, 1)

    usual = api.get("/api/wallet/transactions", fan.token).json
    most = api.get("/api/wallet/transactions", fan.token, limit=100).json

    assert (len(usual["transactions"]), len(most["transactions"])) == (20, 21)
    assert usual["nextCursor"] is not None
    assert most["nextCursor"] is None


def test_a_cursor_of_somebody_else_shows_only_ones_own(
    api: Api, people: People, gifted: Person, fund: Fund
) -> None:
    other = people.fan()
    fund(other, 7)
    cursor = api.get("/api/wallet/transactions", gifted.token, limit=1).json["nextCursor"]

    page = api.get("/api/wallet/transactions", other.token, cursor=cursor).json

    assert page["transactions"] == []
