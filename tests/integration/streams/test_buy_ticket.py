"""POST /api/streams/{streamId}/ticket."""

from uuid import UUID

import pytest

from tests.integration.api import UNSET, Answer, Api, Post
from tests.integration.giving import balance_of, chat_lines, give, told
from tests.integration.ledger import entries_of, hold, nothing_moves, system_balance
from tests.integration.moments import in_days, is_moment
from tests.integration.people import Fund, OpenStream, Owner, People, Person

PRICE = 70


def buy(api: Api, stream: str, person: Person, key: str = "") -> Answer:
    return api.pay(f"/api/streams/{stream}/ticket", person.token, UNSET, key or None)


@pytest.fixture
def premiere(open_stream: OpenStream) -> str:
    """The id of the creator's live stream that needs a ticket."""
    return open_stream(title="Premiere", privacy="ticketed", ticketPrice=PRICE)


@pytest.fixture
def announced(open_stream: OpenStream) -> str:
    """The id of a stream that needs a ticket and is yet to begin."""
    return open_stream(privacy="ticketed", ticketPrice=PRICE, scheduledFor=in_days(1))


# What a ticket does


def test_a_ticket_costs_its_price_and_lets_the_fan_in(
    api: Api, fan: Person, creator: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, 100)
    before = api.get(f"/api/streams/{premiere}", fan.token)

    bought = buy(api, premiere, fan)

    assert (before.status, before.code) == (403, "ticket_required")
    assert (bought.status, bought.json["balance"]) == (201, 30)
    assert (balance_of(api, fan), balance_of(api, creator)) == (30, PRICE)
    assert api.get(f"/api/streams/{premiere}", fan.token).status == 200
    assert api.post(f"/api/streams/{premiere}/join", fan.token).status == 200


def test_a_ticket_is_answered_with_itself_and_the_buyers_balance(
    api: Api, fan: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)

    bought = buy(api, premiere, fan)

    assert bought.headers["cache-control"] == "no-store"
    assert bought.json.keys() == {"ticket", "balance"}
    ticket = bought.json["ticket"]
    assert ticket.keys() == {"id", "streamId", "userId", "transferId", "price", "createdAt"}
    assert UUID(ticket["id"]) != UUID(ticket["transferId"])
    assert (ticket["streamId"], ticket["userId"]) == (premiere, str(fan.id))
    assert ticket["price"] == PRICE
    assert is_moment(ticket["createdAt"])


def test_a_ticket_is_one_transfer_that_names_its_request_and_stream(
    api: Api, people: People, owner: Owner, fan: Person, creator: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)

    bought = buy(api, premiere, fan, "the-key")

    transfer = people.row(
        "select * from public.transfers where id = %(id)s",
        {"id": bought.json["ticket"]["transferId"]},
    )
    assert (transfer["operation"], transfer["actor_id"]) == ("stream_ticket", fan.id)
    assert (transfer["subject_type"], str(transfer["subject_id"])) == ("stream", premiere)
    assert transfer["idempotency_key"] == "the-key"
    assert transfer["request_id"] == bought.headers["x-request-id"]
    assert entries_of(owner, fan) == [("promo_credit", PRICE), ("stream_ticket", -PRICE)]
    assert entries_of(owner, creator) == [("stream_ticket", PRICE)]
    (newest, _) = api.get("/api/wallet/transactions", fan.token).json["transactions"]
    assert (newest["type"], newest["description"]) == ("stream_ticket", "Premiere")


def test_a_ticket_for_a_live_stream_is_seen_in_its_chat_and_heard(
    api: Api, owner: Owner, fan: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)

    ticket = buy(api, premiere, fan).json["ticket"]

    assert chat_lines(owner, premiere) == [("system", "came in with a ticket")]
    assert told(owner, premiere, "ticket") == [
        {
            "ticketId": ticket["id"],
            "buyer": {
                "id": str(fan.id), "username": fan.username, "displayName": fan.username,
                "avatarUrl": None,
            },
            "price": PRICE,
        }
    ]  # fmt: skip


def test_a_ticket_can_be_bought_before_the_stream_begins_when_there_is_no_chat(
    api: Api, owner: Owner, fan: Person, creator: Person, announced: str, fund: Fund
) -> None:
    fund(fan, PRICE)

    assert buy(api, announced, fan).status == 201

    assert balance_of(api, creator) == PRICE
    assert chat_lines(owner, announced) == []
    assert len(told(owner, announced, "ticket")) == 1


def test_a_ticket_is_no_support(
    api: Api, owner: Owner, fan: Person, creator: Person, premiere: str, fund: Fund
) -> None:
    goal = {"title": "Lights", "targetAmount": PRICE}
    assert api.post(f"/api/streams/{premiere}/goals", creator.token, goal).status == 201
    fund(fan, PRICE)

    buy(api, premiere, fan)

    board = api.get(f"/api/streams/{premiere}/leaderboard", fan.token)
    assert board.json["supporters"] == []
    (shown,) = api.get(f"/api/streams/{premiere}/goals", fan.token).json["goals"]
    assert (shown["progress"], shown["status"]) == (0, "active")


def test_a_fifth_of_a_ticket_is_the_platforms_rounded_down(
    api: Api, owner: Owner, fan: Person, creator: Person, open_stream: OpenStream, fund: Fund,
    fee_of_a_fifth: None,
) -> None:  # fmt: skip
    fund(fan, 99)
    fees = system_balance(owner, "platform_fees")

    buy(api, open_stream(privacy="ticketed", ticketPrice=99), fan)

    assert entries_of(owner, creator) == [("stream_ticket", 80)]
    assert system_balance(owner, "platform_fees") == fees + 19


# Once


def test_a_second_ticket_is_refused_whatever_the_balance(
    api: Api, owner: Owner, fan: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)
    buy(api, premiere, fan)

    with nothing_moves(owner):
        poor = buy(api, premiere, fan)
    fund(fan, PRICE)
    with nothing_moves(owner):
        rich = buy(api, premiere, fan)

    assert [(one.status, one.code) for one in (poor, rich)] == [(409, "ticket_exists")] * 2


def test_one_buyer_who_buys_many_times_at_once_has_one_ticket_and_one_charge(
    api: Api, owner: Owner, fan: Person, creator: Person, premiere: str, fund: Fund, crowd: None
) -> None:
    fund(fan, 3 * PRICE)

    answers = api.at_once([Post(f"/api/streams/{premiere}/ticket", fan.token) for _ in range(8)])

    assert sorted(one.status for one in answers) == [201] + [409] * 7
    assert {one.code for one in answers if one.status == 409} == {"ticket_exists"}
    assert (balance_of(api, fan), balance_of(api, creator)) == (2 * PRICE, PRICE)


def test_one_purchase_sent_many_times_at_once_is_one_purchase(
    api: Api, fan: Person, premiere: str, fund: Fund, new_key: str, crowd: None
) -> None:
    fund(fan, PRICE)
    again = Post(f"/api/streams/{premiere}/ticket", fan.token, key=new_key)

    answers = api.at_once([again] * 8)

    assert {(one.status, one.text) for one in answers} == {(201, answers[0].text)}
    assert [one.headers.get("idempotent-replayed") for one in answers].count("true") == 7


def test_a_replay_is_answered_though_the_stream_has_ended(
    api: Api, owner: Owner, fan: Person, creator: Person, premiere: str, fund: Fund, new_key: str
) -> None:
    fund(fan, PRICE)
    first = buy(api, premiere, fan, new_key)
    api.post(f"/api/streams/{premiere}/end", creator.token)

    with nothing_moves(owner):
        again = buy(api, premiere, fan, new_key)

    assert (again.status, again.text) == (201, first.text)
    assert again.headers["idempotent-replayed"] == "true"


def test_the_same_key_for_another_stream_is_refused(
    api: Api, owner: Owner, fan: Person, premiere: str, announced: str, fund: Fund, new_key: str
) -> None:
    fund(fan, 2 * PRICE)
    buy(api, premiere, fan, new_key)

    with nothing_moves(owner):
        refused = buy(api, announced, fan, new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


# Who may, and what


def test_a_stream_without_tickets_sells_none(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, open_stream: OpenStream,
    fund: Fund,
) -> None:  # fmt: skip
    fund(fan, PRICE)
    streams = [open_stream(scheduledFor=in_days(1)), open_stream(privacy="followers")]

    with nothing_moves(owner):
        refusals = [buy(api, one, fan) for one in streams]

    assert [(one.status, one.code) for one in refusals] == [(409, "not_ticketed")] * 2


def test_an_ended_stream_sells_no_tickets(
    api: Api, owner: Owner, fan: Person, creator: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)
    api.post(f"/api/streams/{premiere}/end", creator.token)

    with nothing_moves(owner):
        refused = buy(api, premiere, fan)

    assert (refused.status, refused.code) == (409, "stream_ended")


def test_a_host_needs_no_ticket_of_their_own(
    api: Api, owner: Owner, creator: Person, premiere: str, fund: Fund
) -> None:
    fund(creator, PRICE)
    with nothing_moves(owner):
        refused = buy(api, premiere, creator)

    assert (refused.status, refused.code) == (403, "own_stream")


def test_whoever_is_kept_out_buys_no_ticket(
    api: Api, owner: Owner, people: People, creator: Person, premiere: str, fund: Fund
) -> None:
    banned, blocked, blocking = (people.fan() for _ in range(3))
    for one in (banned, blocked, blocking):
        fund(one, PRICE)
    people.ban(premiere, banned)
    people.block(creator, blocked)
    people.block(blocking, creator)

    with nothing_moves(owner):
        refusals = [buy(api, premiere, one) for one in (banned, blocked, blocking)]

    assert [(one.status, one.code) for one in refusals] == [
        (403, "banned"), (403, "blocked"), (403, "blocked"),
    ]  # fmt: skip


def test_the_stream_of_a_suspended_host_is_not_there(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)
    people.suspend(creator)

    with nothing_moves(owner):
        refused = buy(api, premiere, fan)

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_price_from_the_client_has_no_effect(
    api: Api, owner: Owner, fan: Person, premiere: str, fund: Fund
) -> None:
    fund(fan, PRICE)

    bought = api.pay(f"/api/streams/{premiere}/ticket", fan.token, {"price": 1})

    assert bought.json["ticket"]["price"] == PRICE
    assert entries_of(owner, fan) == [("promo_credit", PRICE), ("stream_ticket", -PRICE)]


# What the balance allows


@pytest.mark.parametrize(
    ("coins", "available"), [(PRICE - 1, PRICE - 1), (PRICE, PRICE - 1)], ids=["too few", "held"]
)
def test_a_ticket_beyond_what_can_be_spent_moves_nothing_and_says_what_is_missing(
    api: Api, owner: Owner, fan: Person, premiere: str, fund: Fund, coins: int, available: int
) -> None:
    fund(fan, coins)
    if coins > available:
        hold(owner, fan, coins - available)

    with nothing_moves(owner):
        refused = buy(api, premiere, fan)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (PRICE, available)


def test_a_key_whose_purchase_failed_can_be_used_again(
    api: Api, fan: Person, premiere: str, fund: Fund, new_key: str
) -> None:
    refused = buy(api, premiere, fan, new_key)
    fund(fan, PRICE)

    bought = buy(api, premiere, fan, new_key)

    assert (refused.status, bought.status) == (402, 201)
    assert "idempotent-replayed" not in bought.headers


def test_what_was_just_received_pays_for_a_ticket(
    api: Api, people: People, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    other = people.creator()
    body = {
        "title": "Premiere", "category": "music", "privacy": "ticketed", "ticketPrice": PRICE,
    }  # fmt: skip
    elsewhere = api.post("/api/streams/create", other.token, body).json["id"]
    fund(fan, 100)
    give(api, stream, fan, "Crown")

    bought = buy(api, elsewhere, creator)

    assert bought.json["balance"] == 30
