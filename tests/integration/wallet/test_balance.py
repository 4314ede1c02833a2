"""GET /api/wallet/balance."""

from tests.integration.api import Api
from tests.integration.ledger import GIFTS, hold
from tests.integration.people import Fund, Owner, Person


def test_a_new_account_has_an_empty_wallet(api: Api, fan: Person) -> None:
    balance = api.get("/api/wallet/balance", fan.token)

    assert balance.status == 200
    assert balance.json == {"balance": 0, "heldBalance": 0, "availableBalance": 0}
    assert balance.headers["cache-control"] == "no-store"


def test_coins_count_as_soon_as_they_are_given(api: Api, fan: Person, fund: Fund) -> None:
    fund(fan, 100)
    fund(fan, 20)

    balance = api.get("/api/wallet/balance", fan.token)

    assert balance.json == {"balance": 120, "heldBalance": 0, "availableBalance": 120}


def test_what_is_held_is_had_but_not_available(
    api: Api, owner: Owner, fan: Person, fund: Fund
) -> None:
    fund(fan, 100)
    hold(owner, fan, 30)
    fund(fan, 5)

    balance = api.get("/api/wallet/balance", fan.token)

    assert balance.json == {"balance": 105, "heldBalance": 30, "availableBalance": 75}


def test_a_gift_shows_at_once_on_both_sides(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    api.pay(f"/api/streams/{stream}/gift", fan.token, {"giftId": GIFTS["Rocket"], "quantity": 1})

    assert api.get("/api/wallet/balance", fan.token).json["balance"] == 50
    assert api.get("/api/wallet/balance", creator.token).json["availableBalance"] == 50


def test_a_balance_is_a_64_bit_number(api: Api, fan: Person, fund: Fund) -> None:
    for _ in range(5):
        fund(fan, 10**9)

    assert api.get("/api/wallet/balance", fan.token).json["balance"] == 5 * 10**9


def test_a_balance_is_the_callers_whatever_the_query_says(
    api: Api, fan: Person, creator: Person, fund: Fund
) -> None:
    fund(creator, 100)

    balance = api.get("/api/wallet/balance", fan.token, userId=creator.id, user_id=creator.id)

    assert balance.json["balance"] == 0
