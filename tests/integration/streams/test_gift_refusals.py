"""POST /api/streams/{streamId}/gift: who may not, what is not taken, what cannot be paid."""

from uuid import uuid4

import pytest

from tests.integration.api import Api
from tests.integration.giving import give
from tests.integration.ledger import GIFTS, hold, nothing_moves
from tests.integration.moments import in_days
from tests.integration.people import Fund, OpenStream, Owner, People, Person

STAR = GIFTS["Star"]
NOT_AN_AMOUNT = [0, -1, 101, 1.0, 2.5, "3", "", None, True, False, [], {}, 2**63, -(2**63), 10**30]


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
