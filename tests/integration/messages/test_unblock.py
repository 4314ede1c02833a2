"""POST /api/messages/unblock."""

from tests.integration.api import Answer, Api
from tests.integration.follow.test_follow import follow
from tests.integration.messages.test_block import block
from tests.integration.people import Person


def unblock(api: Api, person: Person, other: Person) -> Answer:
    return api.post("/api/messages/unblock", person.token, {"userId": str(other.id)})


def test_who_is_no_longer_blocked_may_follow_again(api: Api, fan: Person, creator: Person) -> None:
    block(api, creator, fan.id)

    answer = unblock(api, creator, fan)

    assert (answer.status, answer.json) == (200, {"userId": str(fan.id), "isBlocked": False})
    assert follow(api, fan, creator).status == 201


def test_who_is_not_blocked_cannot_be_unblocked(api: Api, fan: Person, creator: Person) -> None:
    refused = unblock(api, fan, creator)

    assert (refused.status, refused.code) == (409, "not_blocked")


def test_nobody_lifts_the_block_of_another(api: Api, fan: Person, creator: Person) -> None:
    block(api, creator, fan.id)

    refused = unblock(api, fan, creator)

    assert (refused.status, refused.code) == (409, "not_blocked")
    assert follow(api, fan, creator).code == "blocked"
