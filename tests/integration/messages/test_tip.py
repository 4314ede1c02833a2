"""POST /api/messages/tip."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.messages.talk import conversation, messages, send, unread
from tests.integration.messages.test_unlock import balance
from tests.integration.people import Fund, People, Person


def tip(
    api: Api,
    sender: Person,
    place: object,
    amount: object = 25,
    key: str | None = None,
    **more: object,
) -> Answer:
    body = {"conversationId": str(place), "amount": amount} | more
    return api.pay("/api/messages/tip", sender.token, body, key)


@pytest.fixture
def place(api: Api, fan: Person, creator: Person, fund: Fund) -> str:
    """The conversation of the creator and the fan, who has 100 coins."""
    fund(fan, 100)
    return str(send(api, creator, fan).json["conversationId"])


def test_a_tip_is_paid_and_written(api: Api, fan: Person, creator: Person, place: str) -> None:
    answer = tip(api, fan, place, 25, message="Thank you!")

    assert (answer.status, answer.json["balance"]) == (201, 75)
    shown = answer.json["message"]
    assert (shown["kind"], shown["tipAmount"], shown["content"]) == ("tip", 25, "Thank you!")
    assert messages(api, creator, place)[0] == shown
    assert balance(api, creator) == 25
    assert (conversation(api, creator)["preview"], unread(api, creator)) == ("Sent a tip", 1)


def test_a_creator_tips_a_fan_as_well(
    api: Api, fan: Person, creator: Person, place: str, fund: Fund
) -> None:
    fund(creator, 10)

    assert tip(api, creator, place, 10).status == 201
    assert balance(api, fan) == 110


def test_the_same_key_tips_once(api: Api, fan: Person, place: str) -> None:
    key = str(uuid4())
    first = tip(api, fan, place, key=key)

    again = tip(api, fan, place, key=key)
    other = tip(api, fan, place, 26, key=key)

    assert (again.json, again.headers["idempotent-replayed"]) == (first.json, "true")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert balance(api, fan) == 75


def test_tips_at_once_spend_what_there_is_and_no_more(
    api: Api, fan: Person, creator: Person, place: str, crowd: None
) -> None:
    posts = [
        Post("/api/messages/tip", fan.token, {"conversationId": place, "amount": 25})
        for _ in range(8)
    ]

    answers = api.at_once(posts)

    assert sorted(one.status for one in answers) == [201] * 4 + [402] * 4
    assert (balance(api, fan), balance(api, creator)) == (0, 100)


def test_both_who_tip_each_other_at_once_are_served(
    api: Api, fan: Person, creator: Person, place: str, fund: Fund, crowd: None
) -> None:
    """Their wallets are locked in one order, whoever pays: nobody deadlocks."""
    fund(creator, 100)
    posts = [
        Post("/api/messages/tip", person.token, {"conversationId": place, "amount": 5})
        for person in (fan, creator) * 5
    ]

    assert {one.status for one in api.at_once(posts)} == {201}
    assert (balance(api, fan), balance(api, creator)) == (100, 100)


def test_a_refused_tip_leaves_nothing(api: Api, fan: Person, creator: Person, place: str) -> None:
    refused = tip(api, fan, place, 101)

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert len(messages(api, fan, place)) == 1
    assert unread(api, creator) == 0


@pytest.mark.parametrize("amount", [0, -5, 1_000_001, 2.5, "25", None, True])
def test_an_amount_is_a_whole_number_of_coins(
    api: Api, fan: Person, place: str, amount: object
) -> None:
    refused = tip(api, fan, place, amount)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert balance(api, fan) == 100


def test_nobody_tips_in_the_conversation_of_others(
    api: Api, people: People, fund: Fund, place: str
) -> None:
    stranger = people.fan()
    fund(stranger, 50)

    for where in (place, uuid4()):
        refused = tip(api, stranger, where)

        assert (refused.status, refused.code) == (404, "not_found")
    assert balance(api, stranger) == 50


@pytest.mark.parametrize("blocker", ["the sender", "the recipient"])
def test_nobody_tips_across_a_block(
    api: Api, people: People, fan: Person, creator: Person, place: str, blocker: str
) -> None:
    people.block(*((fan, creator) if blocker == "the sender" else (creator, fan)))

    refused = tip(api, fan, place)

    assert (refused.status, refused.code) == (403, "blocked")


def test_nobody_tips_who_is_suspended(
    api: Api, people: People, fan: Person, creator: Person, place: str
) -> None:
    people.suspend(creator)

    refused = tip(api, fan, place)

    assert (refused.status, refused.code) == (404, "not_found")
    assert balance(api, fan) == 100
