"""POST /api/streams/{streamId}/gift."""

from tests.integration.api import Api
from tests.integration.people import Fund, Person

STAR = "00000000-0000-4000-8000-000000000003"


def test_a_gift_moves_coins_from_the_fan_to_the_host(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = api.pay(f"/api/streams/{stream}/gift", fan.token, {"giftId": STAR, "quantity": 3})

    assert sent.status == 201
    assert sent.json["streamGift"]["totalCoins"] == 15
    assert sent.json["balance"] == 85
    assert api.get("/api/wallet/balance", creator.token).json["balance"] == 15
