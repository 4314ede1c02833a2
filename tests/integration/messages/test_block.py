"""POST /api/messages/block."""

from uuid import UUID, uuid4

import httpx

from tests.integration.api import Answer, Api
from tests.integration.follow.test_follow import counters, follow
from tests.integration.people import People, Person


def block(api: Api, person: Person, other: UUID) -> Answer:
    return api.post("/api/messages/block", person.token, {"userId": str(other)})


def test_a_block_is_answered(api: Api, fan: Person, creator: Person) -> None:
    answer = block(api, fan, creator.id)

    assert (answer.status, answer.json) == (201, {"userId": str(creator.id), "isBlocked": True})


def test_a_block_ends_what_the_two_followed(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    follow(api, fan, creator)
    follow(api, creator, fan)
    follow(api, people.fan(), creator)

    block(api, fan, creator.id)

    assert counters(people, fan) == (0, 0)
    assert counters(people, creator) == (1, 0)


def test_a_second_block_is_refused(api: Api, fan: Person, creator: Person) -> None:
    block(api, fan, creator.id)

    again = block(api, fan, creator.id)

    assert (again.status, again.code) == (409, "already_blocked")


def test_nobody_blocks_themselves(api: Api, fan: Person) -> None:
    refused = block(api, fan, fan.id)

    assert (refused.status, refused.code) == (422, "self_block")


def test_somebody_who_is_not_there_cannot_be_blocked(api: Api, fan: Person) -> None:
    refused = block(api, fan, uuid4())

    assert (refused.status, refused.code) == (404, "not_found")


def test_a_suspended_user_can_be_blocked(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    people.suspend(creator)

    assert block(api, fan, creator.id).status == 201


def test_nobody_sees_who_has_blocked_them(
    api: Api, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    block(api, fan, creator.id)

    seen = supabase.get(
        "/rest/v1/blocked_users", headers={"Authorization": f"Bearer {creator.token}"}
    )

    assert seen.json() == []
