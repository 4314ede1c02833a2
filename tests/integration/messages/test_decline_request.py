"""POST /api/messages/requests/{requestId}/decline."""

from tests.integration.api import Api
from tests.integration.messages.talk import accepts, send
from tests.integration.messages.test_accept_request import answer
from tests.integration.messages.test_request import ask
from tests.integration.people import Owner, People, Person


def test_who_is_declined_may_not_write_but_may_ask_again(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    accepts(owner, creator, "following")
    first = ask(api, fan, creator).json["id"]

    declined = answer(api, creator, first, "decline")

    assert (declined.status, declined.json["status"]) == (200, "declined")
    assert send(api, fan, creator).code == "request_required"
    assert api.get("/api/messages/conversations", creator.token).json["conversations"] == []
    assert ask(api, fan, creator).status == 201


def test_a_request_can_be_declined_across_a_block(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person
) -> None:
    accepts(owner, creator, "following")
    first = ask(api, fan, creator).json["id"]
    people.block(creator, fan)

    assert answer(api, creator, first, "decline").status == 200
