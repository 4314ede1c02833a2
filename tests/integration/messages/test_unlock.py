"""POST /api/messages/{messageId}/unlock."""

from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.messages.talk import messages, send, send_locked
from tests.integration.people import Fund, Owner, People, Person


def unlock(api: Api, buyer: Person, message: object, key: str | None = None) -> Answer:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return api.call("POST", f"/api/messages/{message}/unlock", token=buyer.token, headers=headers)


def balance(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["balance"])


@pytest.fixture
def locked(api: Api, fan: Person, creator: Person, fund: Fund) -> dict[str, Any]:
    """A message that costs the fan 40 of their 100 coins."""
    fund(fan, 100)
    sent: dict[str, Any] = send_locked(api, creator, fan, 40).json
    return sent


def test_who_pays_reads_and_the_creator_is_paid(
    api: Api, fan: Person, creator: Person, locked: dict[str, Any]
) -> None:
    answer = unlock(api, fan, locked["id"])

    assert (answer.status, answer.json["balance"]) == (201, 60)
    shown = answer.json["message"]
    assert (shown["content"], shown["isLocked"]) == ("The secret", False)
    assert messages(api, fan, locked["conversationId"]) == [shown]
    assert balance(api, creator) == 40


def test_both_sides_find_it_in_their_ledger(
    api: Api, fan: Person, creator: Person, locked: dict[str, Any]
) -> None:
    unlock(api, fan, locked["id"])

    for person, amount in ((fan, -40), (creator, 40)):
        newest = api.get("/api/wallet/transactions", person.token).json["transactions"][0]
        assert (newest["type"], newest["amount"]) == ("message_unlock", amount)


def test_the_platform_takes_its_share(
    api: Api, owner: Owner, fan: Person, creator: Person, locked: dict[str, Any]
) -> None:
    owner.execute("insert into ledger.fee_rates values ('message_unlock', 2000)")
    try:
        unlock(api, fan, locked["id"])
    finally:
        owner.execute("delete from ledger.fee_rates where operation = 'message_unlock'")

    assert (balance(api, fan), balance(api, creator)) == (60, 32)


def test_the_same_key_pays_once_and_is_answered_again(
    api: Api, fan: Person, locked: dict[str, Any]
) -> None:
    key = str(uuid4())
    first = unlock(api, fan, locked["id"], key)

    again = unlock(api, fan, locked["id"], key)

    assert (again.status, again.json) == (201, first.json)
    assert again.headers["idempotent-replayed"] == "true"
    assert balance(api, fan) == 60


def test_a_message_is_paid_for_once_whatever_the_key(
    api: Api, fan: Person, locked: dict[str, Any]
) -> None:
    unlock(api, fan, locked["id"])

    refused = unlock(api, fan, locked["id"])

    assert (refused.status, refused.code) == (409, "already_unlocked")
    assert balance(api, fan) == 60


def test_of_many_payments_at_once_one_is_taken(
    api: Api, fan: Person, creator: Person, locked: dict[str, Any], crowd: None
) -> None:
    posts = [Post(f"/api/messages/{locked['id']}/unlock", fan.token) for _ in range(8)]

    answers = api.at_once(posts)

    assert sorted(one.status for one in answers) == [201] + [409] * 7
    assert (balance(api, fan), balance(api, creator)) == (60, 40)


def test_who_cannot_pay_reads_nothing(api: Api, fan: Person, creator: Person) -> None:
    sent = send_locked(api, creator, fan, 40).json

    refused = unlock(api, fan, sent["id"])

    assert (refused.status, refused.code) == (402, "insufficient_balance")
    assert (refused.json["required"], refused.json["available"]) == (40, 0)
    assert messages(api, fan, sent["conversationId"])[0]["content"] is None


def test_a_sender_does_not_pay_for_what_they_wrote(
    api: Api, creator: Person, locked: dict[str, Any]
) -> None:
    refused = unlock(api, creator, locked["id"])

    assert (refused.status, refused.code) == (403, "own_message")


def test_nobody_else_unlocks_or_learns_of_it(
    api: Api, people: People, locked: dict[str, Any]
) -> None:
    for message in (locked["id"], uuid4()):
        refused = unlock(api, people.fan(), message)

        assert (refused.status, refused.code) == (404, "not_found")


def test_what_is_open_is_not_unlocked(api: Api, fan: Person, creator: Person) -> None:
    sent = send(api, creator, fan).json

    refused = unlock(api, fan, sent["id"])

    assert (refused.status, refused.code) == (409, "not_locked")


@pytest.mark.parametrize("blocker", ["the buyer", "the creator"])
def test_nobody_pays_across_a_block(
    api: Api, people: People, fan: Person, creator: Person, locked: dict[str, Any], blocker: str
) -> None:
    people.block(*((fan, creator) if blocker == "the buyer" else (creator, fan)))

    refused = unlock(api, fan, locked["id"])

    assert (refused.status, refused.code) == (403, "blocked")
    assert balance(api, fan) == 100
