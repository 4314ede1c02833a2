"""POST /api/streams/{streamId}/gift."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.ledger import GIFTS, entries_of, hold, nothing_moves, system_balance
from tests.integration.moments import in_days, is_moment
from tests.integration.people import Fund, OpenStream, Owner, People, Person

STAR = GIFTS["Star"]
NOT_AN_AMOUNT = [0, -1, 101, 1.0, 2.5, "3", "", None, True, False, [], {}, 2**63, -(2**63), 10**30]


def give(
    api: Api, stream: str, person: Person, gift: str = "Star", quantity: int = 1, key: str = ""
) -> Answer:
    body = {"giftId": GIFTS[gift], "quantity": quantity}
    return api.pay(f"/api/streams/{stream}/gift", person.token, body, key or None)


def balance_of(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["balance"])


@pytest.fixture
def fee_of_a_fifth(owner: Owner) -> Iterator[None]:
    owner.execute("insert into ledger.fee_rates (operation, basis_points) values ('gift', 2000)")
    yield
    owner.execute("delete from ledger.fee_rates")


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


# Who may


def test_a_host_cannot_gift_themselves(
    api: Api, owner: Owner, creator: Person, stream: str, fund: Fund
) -> None:
    fund(creator, 10)
    with nothing_moves(owner):
        refused = give(api, stream, creator)

    assert (refused.status, refused.code) == (403, "own_stream")


def test_a_banned_fan_cannot_gift(
    api: Api, owner: Owner, people: People, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    people.ban(stream, fan)

    with nothing_moves(owner):
        refused = give(api, stream, fan)

    assert (refused.status, refused.code) == (403, "banned")


@pytest.mark.parametrize("blocker", ["host", "fan"])
def test_a_block_either_way_stops_gifts(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, stream: str, fund: Fund,
    blocker: str,
) -> None:  # fmt: skip
    fund(fan, 10)
    people.block(*((creator, fan) if blocker == "host" else (fan, creator)))

    with nothing_moves(owner):
        refused = give(api, stream, fan)

    assert (refused.status, refused.code) == (403, "blocked")


def test_a_followers_stream_takes_gifts_of_followers(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, open_stream: OpenStream,
    fund: Fund,
) -> None:  # fmt: skip
    stream = open_stream(privacy="followers")
    fund(fan, 10)
    with nothing_moves(owner):
        refused = give(api, stream, fan)
    people.follow(fan, creator)

    accepted = give(api, stream, fan)

    assert (refused.status, refused.code) == (403, "follow_required")
    assert accepted.status == 201


def test_a_ticketed_stream_takes_gifts_of_ticket_holders(
    api: Api, people: People, fan: Person, open_stream: OpenStream, fund: Fund
) -> None:
    stream = open_stream(privacy="ticketed", ticketPrice=70)
    fund(fan, 10)
    refused = give(api, stream, fan)
    people.sell_ticket(stream, fan)

    accepted = give(api, stream, fan)

    assert (refused.status, refused.code) == (403, "ticket_required")
    assert refused.json["ticketPrice"] == 70
    assert accepted.status == 201


def test_only_a_live_stream_takes_gifts(
    api: Api, owner: Owner, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund
) -> None:
    scheduled, ended = open_stream(scheduledFor=in_days(1)), open_stream()
    assert api.post(f"/api/streams/{ended}/end", creator.token).status == 200
    fund(fan, 10)

    with nothing_moves(owner):
        refusals = [give(api, one, fan) for one in (scheduled, ended)]

    assert [(one.status, one.code) for one in refusals] == [(409, "stream_not_live")] * 2


def test_the_stream_of_a_suspended_host_is_not_there(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    people.suspend(creator)

    with nothing_moves(owner):
        refused = give(api, stream, fan)

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_gift_that_is_not_in_the_catalogue_cannot_be_sent(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    retired = owner.execute(
        """
        insert into public.virtual_gifts (name, price, rarity, animation, is_active)
        values ('Comet', 1, 'common', 'float', false)
        returning id
        """
    ).fetchone()
    assert retired is not None

    for gift_id in (uuid4(), retired[0]):
        with nothing_moves(owner):
            refused = api.pay(
                f"/api/streams/{stream}/gift", fan.token, {"giftId": str(gift_id), "quantity": 1}
            )
        assert (refused.status, refused.code) == (404, "gift_not_found")


# What it takes


@pytest.mark.parametrize("quantity", NOT_AN_AMOUNT, ids=repr)
def test_a_quantity_that_is_no_whole_number_from_1_to_100_is_refused_before_any_sql(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, queries: list[str],
    quantity: object,
) -> None:  # fmt: skip
    fund(fan, 10)
    queries.clear()

    with nothing_moves(owner):
        refused = api.pay(
            f"/api/streams/{stream}/gift", fan.token, {"giftId": STAR, "quantity": quantity}
        )

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/quantity"]
    assert "ledger.gift" not in queries


def test_a_price_from_the_client_is_refused(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)

    with nothing_moves(owner):
        refused = api.pay(
            f"/api/streams/{stream}/gift", fan.token, {"giftId": STAR, "quantity": 1, "price": 1}
        )

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/price"]


# What the balance allows


def test_a_gift_beyond_the_balance_moves_nothing_and_says_what_is_missing(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 14)

    with nothing_moves(owner):
        refused = give(api, stream, fan, "Star", 3)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (15, 14)


def test_a_key_whose_gift_failed_can_be_used_again(
    api: Api, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    refused = give(api, stream, fan, key=new_key)
    fund(fan, 5)

    sent = give(api, stream, fan, key=new_key)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert sent.status == 201
    assert "idempotent-replayed" not in sent.headers


def test_held_coins_cannot_be_given_away(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    hold(owner, fan, 6)

    refused = give(api, stream, fan)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (5, 4)


# At most once


def test_the_same_key_and_payload_is_answered_the_same_and_moves_nothing(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 100)
    first = give(api, stream, fan, "Star", 3, new_key)

    with nothing_moves(owner):
        again = [give(api, stream, fan, "Star", 3, new_key) for _ in range(3)]

    assert "idempotent-replayed" not in first.headers
    assert {(one.status, one.text) for one in again} == {(201, first.text)}
    assert {one.headers["idempotent-replayed"] for one in again} == {"true"}


def test_the_order_of_fields_and_white_space_do_not_make_another_payload(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 100)
    first = give(api, stream, fan, "Star", 3, "a-key")

    with nothing_moves(owner):
        again = api.call(
            "POST",
            f"/api/streams/{stream}/gift",
            token=fan.token,
            raw=f'{{ "quantity" : 3,\n "giftId": "{STAR}" }}'.encode(),
            headers={"Idempotency-Key": "a-key"},
        )

    assert again.text == first.text


def test_the_same_key_with_another_payload_is_refused(
    api: Api, owner: Owner, people: People, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    other = people.creator()
    elsewhere = api.post(
        "/api/streams/create", other.token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    fund(fan, 100)
    give(api, stream, fan, "Star", 3, new_key)

    with nothing_moves(owner):
        refusals = [
            give(api, stream, fan, "Star", 4, new_key),
            give(api, stream, fan, "Rose", 3, new_key),
            give(api, elsewhere, fan, "Star", 3, new_key),
        ]

    assert [(one.status, one.code) for one in refusals] == [(422, "idempotency_key_reused")] * 3


def test_a_replay_is_answered_though_the_stream_has_ended_and_the_coins_are_gone(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, stream: str, fund: Fund,
    new_key: str,
) -> None:  # fmt: skip
    fund(fan, 5)
    first = give(api, stream, fan, key=new_key)
    api.post(f"/api/streams/{stream}/end", creator.token)
    people.ban(stream, fan)

    with nothing_moves(owner):
        again = give(api, stream, fan, key=new_key)

    assert (again.status, again.text) == (201, first.text)


def test_a_key_is_its_users_own(
    api: Api, people: People, fan: Person, stream: str, fund: Fund, new_key: str
) -> None:
    other = people.fan()
    fund(fan, 5)
    fund(other, 5)

    sent = [give(api, stream, one, key=new_key) for one in (fan, other)]

    assert [one.status for one in sent] == [201, 201]
    assert [one.json["streamGift"]["senderId"] for one in sent] == [str(fan.id), str(other.id)]
    assert not [one for one in sent if "idempotent-replayed" in one.headers]
    again = [give(api, stream, one, key=new_key) for one in (fan, other)]
    assert [one.text for one in again] == [one.text for one in sent]


def test_a_gift_sent_many_times_at_once_is_one_gift(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_key: str, crowd: None
) -> None:
    fund(fan, 100)
    again = Post(f"/api/streams/{stream}/gift", fan.token, _body("Star", 2), new_key)

    answers = api.at_once([again] * 12)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one.headers.get("idempotent-replayed") for one in answers].count("true") == 11
    assert entries_of(owner, fan) == [("promo_credit", 100), ("gift", -10)]


# Under contention


def test_of_many_gifts_at_once_as_many_succeed_as_the_balance_pays_for(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fund(fan, 37)
    gifts = [Post(f"/api/streams/{stream}/gift", fan.token, _body("Star")) for _ in range(20)]

    answers = api.at_once(gifts)

    assert sorted(one.status for one in answers) == [201] * 7 + [402] * 13
    refused = [one for one in answers if one.status == 402]
    assert {one.code for one in refused} == {"insufficient_balance"}
    assert {(one.json["required"], one.json["available"]) for one in refused} == {(5, 2)}
    assert sorted(one.json["balance"] for one in answers if one.status == 201) == [
        2, 7, 12, 17, 22, 27, 32,
    ]  # fmt: skip
    assert (balance_of(api, fan), balance_of(api, creator)) == (2, 35)
    assert _chat_lines(owner, stream) == 7


def test_fans_who_gift_at_once_are_all_counted(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    fans = [people.fan() for _ in range(8)]
    for one in fans:
        fund(one, 20)

    answers = api.at_once(
        [
            Post(f"/api/streams/{stream}/gift", one.token, _body("Star"))
            for one in fans
            for _ in range(4)
        ]
    )

    assert [one.status for one in answers] == [201] * 32
    assert balance_of(api, creator) == 160
    leaders = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]
    assert [(one["coins"], one["gifts"]) for one in leaders] == [(20, 4)] * 8


def test_creators_who_gift_each_other_at_once_do_not_lock_each_other_out(
    api: Api, people: People, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    other = people.creator()
    theirs = api.post(
        "/api/streams/create", other.token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    fund(creator, 30)
    fund(other, 30)

    answers = api.at_once(
        [
            Post(f"/api/streams/{at}/gift", sender.token, _body("Star"))
            for _ in range(10)
            for sender, at in ((creator, theirs), (other, stream))
        ]
    )

    assert {one.status for one in answers} <= {201, 402}
    assert balance_of(api, creator) + balance_of(api, other) == 60


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


def _body(gift: str, quantity: int = 1) -> dict[str, Any]:
    return {"giftId": GIFTS[gift], "quantity": quantity}


def _chat_lines(owner: Owner, stream: str) -> int:
    statement = "select count(*) from public.stream_messages where stream_id = %s"
    row = owner.execute(statement, (stream,)).fetchone()
    assert row is not None
    return int(row[0])
