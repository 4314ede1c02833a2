"""DELETE /api/streams/{streamId}/goals/{goalId}."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api
from tests.integration.giving import give, told
from tests.integration.ledger import nothing_moves
from tests.integration.people import Fund, Owner, People, Person


@pytest.fixture
def goal(api: Api, fan: Person, creator: Person, stream: str, fund: Fund) -> str:
    """The id of a goal of 50 coins, 20 of which have been given."""
    body = {"title": "A new microphone", "targetAmount": 50}
    made = api.post(f"/api/streams/{stream}/goals", creator.token, body).json["id"]
    fund(fan, 100)
    give(api, stream, fan, "Diamond")
    return str(made)


def delete(api: Api, stream: str, goal: str, person: Person) -> Answer:
    return api.call("DELETE", f"/api/streams/{stream}/goals/{goal}", token=person.token)


def test_a_goal_is_taken_back_and_answered_as_it_stood(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str
) -> None:
    (shown,) = api.get(f"/api/streams/{stream}/goals").json["goals"]

    deleted = delete(api, stream, goal, creator)

    assert (deleted.status, deleted.json) == (200, shown)
    assert deleted.json["progress"] == 20
    assert api.get(f"/api/streams/{stream}/goals").json["goals"] == []
    last = told(owner, stream, "goal")[-1]
    assert (last["goalId"], last["status"]) == (goal, "deleted")


def test_who_gave_has_given_though_the_goal_is_gone(
    api: Api, fan: Person, creator: Person, stream: str, goal: str
) -> None:
    delete(api, stream, goal, creator)
    again = delete(api, stream, goal, creator)
    give(api, stream, fan, "Diamond")

    assert (again.status, again.code) == (404, "not_found")
    (leader,) = api.get(f"/api/streams/{stream}/leaderboard").json["supporters"]
    assert leader["coins"] == 40


def test_a_goal_that_was_reached_stays(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, goal: str
) -> None:
    give(api, stream, fan, "Rocket")

    with nothing_moves(owner):
        refused = delete(api, stream, goal, creator)

    assert (refused.status, refused.code) == (409, "goal_closed")


def test_a_goal_of_an_ended_stream_stays(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    with nothing_moves(owner):
        refused = delete(api, stream, goal, creator)

    assert (refused.status, refused.code) == (409, "goal_closed")


def test_only_the_host_takes_a_goal_back(
    api: Api, owner: Owner, people: People, fan: Person, stream: str, goal: str
) -> None:
    others = (fan, people.creator())

    with nothing_moves(owner):
        refusals = [delete(api, stream, goal, one) for one in others]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 2


def test_a_goal_is_looked_for_on_its_own_stream(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, goal: str
) -> None:
    other = people.creator()
    body = {"title": "Jazz", "category": "music"}
    elsewhere = api.post("/api/streams/create", other.token, body).json["id"]

    with nothing_moves(owner):
        refusals = [
            delete(api, elsewhere, goal, other),
            delete(api, stream, str(uuid4()), creator),
            delete(api, str(uuid4()), goal, creator),
        ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 3
