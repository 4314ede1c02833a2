"""PATCH /api/streams/{streamId}/goals/{goalId}."""

from uuid import uuid4

import pytest

from tests.integration.api import Answer, Api
from tests.integration.giving import give, told
from tests.integration.ledger import nothing_moves
from tests.integration.people import Fund, Owner, People, Person


@pytest.fixture
def goal(api: Api, fan: Person, creator: Person, stream: str, fund: Fund) -> str:
    """The id of a goal of 50 coins, 20 of which have been given."""
    body = {"title": "A new microphone", "targetAmount": 50, "rewardText": "A song"}
    made = api.post(f"/api/streams/{stream}/goals", creator.token, body).json["id"]
    fund(fan, 100)
    give(api, stream, fan, "Diamond")
    return str(made)


def change(api: Api, stream: str, goal: str, person: Person, **fields: object) -> Answer:
    path = f"/api/streams/{stream}/goals/{goal}"
    return api.call("PATCH", path, token=person.token, body=fields)


@pytest.mark.parametrize(
    ("fields", "title", "target", "reward"),
    [
        ({}, "A new microphone", 50, "A song"),
        ({"title": " A better one "}, "A better one", 50, "A song"),
        ({"targetAmount": 40}, "A new microphone", 40, "A song"),
        ({"rewardText": "Two songs"}, "A new microphone", 50, "Two songs"),
        ({"rewardText": None}, "A new microphone", 50, None),
        ({"title": "Lights", "targetAmount": 60, "rewardText": "All"}, "Lights", 60, "All"),
    ],
    ids=str,
)
def test_what_is_sent_is_changed_and_the_rest_is_kept(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str, fields: dict[str, object],
    title: str, target: int, reward: str | None,
) -> None:  # fmt: skip
    changed = change(api, stream, goal, creator, **fields)

    assert changed.status == 200
    shown = changed.json
    assert (shown["title"], shown["targetAmount"], shown["rewardText"]) == (title, target, reward)
    assert (shown["id"], shown["progress"], shown["status"]) == (goal, 20, "active")
    assert api.get(f"/api/streams/{stream}/goals").json["goals"] == [shown]
    assert told(owner, stream, "goal")[-1] == {
        "goalId": goal, "title": title, "targetAmount": target, "rewardText": reward,
        "progress": 20, "status": "active",
    }  # fmt: skip


def test_a_target_is_never_below_what_was_given(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str
) -> None:
    with nothing_moves(owner):
        refused = change(api, stream, goal, creator, title="Lights", targetAmount=19)

    assert (refused.status, refused.code) == (409, "goal_below_progress")
    assert refused.json["progress"] == 20


def test_a_target_that_was_just_given_is_reached(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str
) -> None:
    changed = change(api, stream, goal, creator, targetAmount=20)

    assert (changed.json["progress"], changed.json["status"]) == (20, "completed")
    assert told(owner, stream, "goal")[-1]["status"] == "completed"


def test_a_goal_that_was_reached_stays_as_it_is(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, goal: str
) -> None:
    give(api, stream, fan, "Rocket")

    with nothing_moves(owner):
        refused = change(api, stream, goal, creator, targetAmount=1000)

    assert (refused.status, refused.code) == (409, "goal_closed")


def test_a_goal_of_an_ended_stream_stays_as_it_is(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    with nothing_moves(owner):
        refused = change(api, stream, goal, creator, targetAmount=20)

    assert (refused.status, refused.code) == (409, "goal_closed")


def test_only_the_host_changes_a_goal(
    api: Api, owner: Owner, people: People, fan: Person, stream: str, goal: str
) -> None:
    others = (fan, people.creator())

    with nothing_moves(owner):
        refusals = [change(api, stream, goal, one) for one in others]

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 2


def test_a_goal_is_looked_for_on_its_own_stream(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, goal: str
) -> None:
    other = people.creator()
    body = {"title": "Jazz", "category": "music"}
    elsewhere = api.post("/api/streams/create", other.token, body).json["id"]

    with nothing_moves(owner):
        refusals = [
            change(api, elsewhere, goal, other),
            change(api, stream, str(uuid4()), creator),
            change(api, str(uuid4()), goal, creator),
        ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 3


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", None), ("title", " "), ("title", "é" * 101), ("targetAmount", None),
     ("targetAmount", 0), ("targetAmount", "30"), ("targetAmount", 30.0), ("targetAmount", 2**63),
     ("rewardText", ""), ("rewardText", "é" * 201), ("progress", 1000), ("status", "completed")],
    ids=ascii,
)  # fmt: skip
def test_a_value_that_a_goal_cannot_have_is_refused(
    api: Api, owner: Owner, creator: Person, stream: str, goal: str, field: str, value: object
) -> None:
    with nothing_moves(owner):
        refused = change(api, stream, goal, creator, **{field: value})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{field}"]
