"""DELETE /api/follow/{userId}."""

from tests.integration.api import Answer, Api
from tests.integration.follow.test_follow import counters, follow
from tests.integration.people import People, Person


def unfollow(api: Api, person: Person, other: Person) -> Answer:
    return api.call("DELETE", f"/api/follow/{other.id}", token=person.token)


def test_an_unfollow_is_answered_and_counted_on_both_sides(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    follow(api, fan, creator)

    answer = unfollow(api, fan, creator)

    assert (answer.status, answer.json) == (200, {"userId": str(creator.id), "isFollowing": False})
    assert counters(people, creator) == (0, 0)
    assert counters(people, fan) == (0, 0)


def test_who_does_not_follow_cannot_stop(api: Api, fan: Person, creator: Person) -> None:
    refused = unfollow(api, fan, creator)

    assert (refused.status, refused.code) == (409, "not_following")


def test_an_unfollow_leaves_what_others_follow(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    other = people.fan()
    follow(api, fan, creator)
    follow(api, other, creator)
    follow(api, creator, fan)

    unfollow(api, fan, creator)

    assert counters(people, creator) == (1, 1)
    assert counters(people, fan) == (1, 0)
    assert unfollow(api, other, creator).status == 200
