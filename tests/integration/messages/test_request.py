"""POST /api/messages/requests."""

import pytest

from tests.integration.api import Answer, Api
from tests.integration.messages.talk import accepts, send, told
from tests.integration.people import Owner, People, Person


def ask(api: Api, sender: Person, recipient: Person, content: str = "May I?") -> Answer:
    body = {"recipientId": str(recipient.id), "content": content}
    return api.post("/api/messages/requests", sender.token, body)


@pytest.fixture
def shy(owner: Owner, creator: Person) -> Person:
    """A creator who takes messages from whom they follow."""
    accepts(owner, creator, "following")
    return creator


def test_a_request_is_answered_and_told(api: Api, owner: Owner, fan: Person, shy: Person) -> None:
    answer = ask(api, fan, shy)

    assert answer.status == 201
    assert (answer.json["status"], answer.json["content"]) == ("pending", "May I?")
    assert answer.json["sender"]["id"] == str(fan.id)
    ((event, payload),) = told(owner, shy)
    assert (event, payload["requestId"]) == ("message_request", answer.json["id"])


def test_one_request_of_a_pair_is_open_whoever_asked(
    api: Api, owner: Owner, fan: Person, shy: Person
) -> None:
    accepts(owner, fan, "following")
    ask(api, fan, shy)

    for pair in ((fan, shy), (shy, fan)):
        refused = ask(api, *pair)

        assert (refused.status, refused.code) == (409, "request_pending")


def test_who_may_write_needs_no_request(api: Api, fan: Person, creator: Person) -> None:
    refused = ask(api, fan, creator)

    assert (refused.status, refused.code) == (409, "request_not_needed")


def test_a_request_opens_no_conversation(api: Api, fan: Person, shy: Person) -> None:
    ask(api, fan, shy)

    assert api.get("/api/messages/conversations", shy.token).json["conversations"] == []
    assert send(api, fan, shy).code == "request_required"


def test_nobody_asks_across_a_block_or_where_it_is_closed(
    api: Api, owner: Owner, people: People, fan: Person, shy: Person
) -> None:
    other = people.fan()
    accepts(owner, other, "nobody")
    people.block(shy, fan)

    assert ask(api, fan, shy).code == "blocked"
    assert ask(api, fan, other).code == "messages_closed"
    assert ask(api, fan, fan).code == "self_message"


@pytest.mark.parametrize("content", ["", " ", "x" * 501])
def test_a_request_says_something_short(api: Api, fan: Person, shy: Person, content: str) -> None:
    refused = ask(api, fan, shy, content)

    assert (refused.status, refused.code) == (422, "validation_failed")
