"""POST /api/streams/{streamId}/gift: what it does. Refusals and races are in files beside this."""

from uuid import UUID

import pytest

from tests.integration.api import Api
from tests.integration.giving import balance_of, give
from tests.integration.ledger import GIFTS, entries_of, system_balance
from tests.integration.moments import is_moment
from tests.integration.people import Fund, Owner, People, Person

STAR = GIFTS["Star"]


# What a gift does


def test_a_gift_moves_coins_from_the_fan_to_the_host(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = give(api, stream, fan, "Star", 3)

    assert sent.status == 201
    assert sent.json["balance"] == 85
    assert balance_of(api, fan) == 85
    assert balance_of(api, creator) == 15


def test_a_gift_is_answered_with_itself_the_catalogues_gift_and_the_senders_balance(
    api: Api, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = give(api, stream, fan, "Star", 3)

    assert sent.headers["cache-control"] == "no-store"
    assert sent.headers["content-type"] == "application/json"
    assert "idempotent-replayed" not in sent.headers
    assert sent.json.keys() == {"streamGift", "gift", "balance"}
    gift = sent.json["streamGift"]
    assert gift.keys() == {
        "id", "streamId", "senderId", "transferId", "quantity", "totalCoins", "createdAt",
    }  # fmt: skip
    assert UUID(gift["id"]) != UUID(gift["transferId"])
    assert (gift["streamId"], gift["senderId"]) == (stream, str(fan.id))
    assert (gift["quantity"], gift["totalCoins"]) == (3, 15)
    assert is_moment(gift["createdAt"])
    assert sent.json["gift"] == {
        "id": STAR, "name": "Star", "price": 5, "rarity": "rare", "animation": "burst",
    }  # fmt: skip


def test_a_gift_leaves_its_row_chat_line_supporter_total_and_event_together(
    api: Api, people: People, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    gift = give(api, stream, fan, "Star", 3).json["streamGift"]

    row = people.row("select * from public.stream_gifts where id = %(id)s", {"id": gift["id"]})
    assert (str(row["gift_id"]), str(row["transfer_id"])) == (STAR, gift["transferId"])
    line = people.row("select * from public.stream_messages where stream_id = %(s)s", {"s": stream})
    assert (line["kind"], line["content"], line["user_id"]) == ("gift", "sent 3 × Star", fan.id)
    assert str(line["gift_id"]) == gift["id"]
    total = people.row(
        "select * from public.stream_supporters where stream_id = %(s)s", {"s": stream}
    )
    assert (total["user_id"], total["coins"], total["gifts"]) == (fan.id, 15, 3)
    event = people.row("select * from public.outbox where topic = %(t)s", {"t": f"stream:{stream}"})
    assert (event["event"], event["published_at"]) == ("gift", None)
    assert event["payload"] == {
        "streamGiftId": gift["id"],
        "sender": {
            "id": str(fan.id), "username": fan.username, "displayName": fan.username,
            "avatarUrl": None,
        },
        "gift": {"id": STAR, "name": "Star", "animation": "burst"},
        "quantity": 3,
        "totalCoins": 15,
    }  # fmt: skip


def test_a_gift_is_one_transfer_that_names_its_request_and_stream(
    api: Api, people: People, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)

    sent = give(api, stream, fan, "Crown", key="the-key")

    transfer = people.row(
        "select * from public.transfers where id = %(id)s",
        {"id": sent.json["streamGift"]["transferId"]},
    )
    assert (transfer["operation"], transfer["actor_id"]) == ("gift", fan.id)
    assert (transfer["subject_type"], str(transfer["subject_id"])) == ("stream", stream)
    assert transfer["idempotency_key"] == "the-key"
    assert transfer["request_id"] == sent.headers["x-request-id"]
    assert entries_of(owner, fan) == [("promo_credit", 100), ("gift", -100)]
    assert entries_of(owner, creator) == [("gift", 100)]


@pytest.mark.parametrize("gift", GIFTS)
def test_every_gift_of_the_catalogue_costs_its_price(
    api: Api, fan: Person, stream: str, fund: Fund, gift: str
) -> None:
    prices = dict(zip(GIFTS, (1, 2, 5, 10, 20, 50, 100, 500), strict=True))
    fund(fan, 1000)

    sent = give(api, stream, fan, gift, 2)

    assert sent.json["gift"]["name"] == gift
    assert sent.json["streamGift"]["totalCoins"] == 2 * prices[gift]
    assert sent.json["balance"] == 1000 - 2 * prices[gift]


def test_a_hundred_of_a_gift_is_the_most(api: Api, fan: Person, stream: str, fund: Fund) -> None:
    fund(fan, 100)

    assert give(api, stream, fan, "Rose", 100).json["balance"] == 0
    assert give(api, stream, fan, "Rose", 101).status == 422


def test_what_was_received_can_be_given_on(
    api: Api, people: People, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    other = people.creator()
    made = api.post("/api/streams/create", other.token, {"title": "Jazz", "category": "music"})
    fund(fan, 20)
    give(api, stream, fan, "Diamond")

    passed_on = give(api, made.json["id"], creator, "Fire", 2)

    assert passed_on.json["balance"] == 0
    assert balance_of(api, other) == 20


# The platform's share


def test_without_a_rate_the_host_gets_all(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    fees = system_balance(owner, "platform_fees")

    give(api, stream, fan, "Crown")

    assert entries_of(owner, creator) == [("gift", 100)]
    assert system_balance(owner, "platform_fees") == fees


@pytest.mark.parametrize(
    ("gift", "quantity", "fee"),
    [("Crown", 1, 20), ("Star", 1, 1), ("Rose", 4, 0), ("Rose", 9, 1), ("Heart", 7, 2)],
)
def test_a_fee_of_a_fifth_is_rounded_down_to_the_hosts_benefit(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund,
    fee_of_a_fifth: None, gift: str, quantity: int, fee: int,
) -> None:  # fmt: skip
    fund(fan, 100)
    fees = system_balance(owner, "platform_fees")

    sent = give(api, stream, fan, gift, quantity)

    cost = sent.json["streamGift"]["totalCoins"]
    assert sent.json["balance"] == 100 - cost
    assert entries_of(owner, creator) == [("gift", cost - fee)]
    assert system_balance(owner, "platform_fees") == fees + fee


def test_the_whole_may_be_the_platforms_share(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 5)
    owner.execute("insert into ledger.fee_rates (operation, basis_points) values ('gift', 10000)")
    try:
        sent = give(api, stream, fan)
    finally:
        owner.execute("delete from ledger.fee_rates")

    assert sent.status == 201
    assert entries_of(owner, creator) == []


def test_a_supporter_is_counted_with_what_they_paid_not_with_what_arrived(
    api: Api, fan: Person, stream: str, fund: Fund, fee_of_a_fifth: None
) -> None:
    fund(fan, 100)

    give(api, stream, fan, "Crown")

    (leader,) = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]
    assert leader["coins"] == 100
