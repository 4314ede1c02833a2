"""POST /api/messages/requests/{requestId}/accept."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.messages.talk import accepts, conversation, messages, send
from tests.integration.messages.test_request import ask
from tests.integration.people import Owner, People, Person


def answer(api: Api, person: Person, request: object, how: str = "accept") -> Answer:
    return api.post(f"/api/messages/requests/{request}/{how}", person.token)


@pytest.fixture
def request_id(api: Api, owner: Owner, fan: Person, creator: Person) -> str:
    """The fan's open request to the creator."""
    accepts(owner, creator, "following")
    return str(ask(api, fan, creator, "May I?").json["id"])


def test_an_accepted_request_is_the_first_message(
    api: Api, fan: Person, creator: Person, request_id: str
) -> None:
    accepted = answer(api, creator, request_id)

    assert (accepted.status, accepted.json["status"]) == (200, "accepted")
    assert accepted.json["answeredAt"].endswith("Z")
    place = conversation(api, creator)
    (first,) = messages(api, creator, place["id"])
    assert (first["content"], first["senderId"]) == ("May I?", str(fan.id))
    assert send(api, fan, creator).status == 201


@pytest.mark.parametrize("how", ["accept", "decline"])
def test_only_the_recipient_answers(
    api: Api, people: People, admin: Person, fan: Person, request_id: str, how: str
) -> None:
    """An earlier product let anyone accept a request."""
    for person in (fan, people.fan(), admin):
        refused = answer(api, person, request_id, how)

        assert (refused.status, refused.code) == (404, "not_found")


@pytest.mark.parametrize("how", ["accept", "decline"])
def test_a_request_is_answered_once(api: Api, creator: Person, request_id: str, how: str) -> None:
    answer(api, creator, request_id, how)

    for again in ("accept", "decline"):
        refused = answer(api, creator, request_id, again)

        assert (refused.status, refused.code) == (409, "request_answered")


def test_of_many_answers_at_once_one_counts(api: Api, creator: Person, request_id: str) -> None:
    path = f"/api/messages/requests/{request_id}"
    posts = [Post(f"{path}/{how}", creator.token) for how in ("accept", "decline") * 3]

    statuses = sorted(one.status for one in api.at_once(posts))

    assert statuses == [200] + [409] * 5


def test_a_request_across_a_block_cannot_be_accepted(
    api: Api, people: People, fan: Person, creator: Person, request_id: str
) -> None:
    people.block(fan, creator)

    refused = answer(api, creator, request_id)

    assert (refused.status, refused.code) == (403, "blocked")


def test_a_request_that_is_not_there_is_not_found(api: Api, fan: Person) -> None:
    refused = answer(api, fan, uuid4())

    assert (refused.status, refused.code) == (404, "not_found")
