"""POST /api/streams/{streamId}/goals."""

from uuid import UUID, uuid4

import pytest

from tests.integration.api import Answer, Api, Post
from tests.integration.giving import give, told
from tests.integration.ledger import nothing_moves
from tests.integration.moments import in_days, is_moment
from tests.integration.people import Fund, OpenStream, Owner, People, Person

GOAL = {"title": "A new microphone", "targetAmount": 500}
NO_TARGET = [0, -1, 1.0, 2.5, "3", "", None, True, [], {}, 2**63, -(2**63), 10**30]


def ask_for(api: Api, stream: str, person: Person, **fields: object) -> Answer:
    return api.post(f"/api/streams/{stream}/goals", person.token, GOAL | fields)


@pytest.mark.parametrize("fields", [{}, {"scheduledFor": in_days(1)}], ids=["live", "scheduled"])
def test_a_goal_begins_at_nothing_and_is_answered_told_and_listed(
    api: Api, owner: Owner, creator: Person, open_stream: OpenStream, fields: dict[str, object]
) -> None:
    stream = open_stream(**fields)

    made = ask_for(api, stream, creator, rewardText="A song of your choice")

    assert made.status == 201
    goal = made.json
    assert UUID(goal.pop("id"))
    assert is_moment(goal.pop("createdAt"))
    assert goal == {
        "streamId": stream, "title": "A new microphone", "targetAmount": 500, "progress": 0,
        "rewardText": "A song of your choice", "status": "active", "completedAt": None,
    }  # fmt: skip
    assert told(owner, stream, "goal") == [
        {
            "goalId": made.json["id"], "title": "A new microphone", "targetAmount": 500,
            "progress": 0, "rewardText": "A song of your choice", "status": "active",
        }
    ]  # fmt: skip
    assert api.get(f"/api/streams/{stream}/goals", creator.token).json["goals"] == [made.json]


def test_a_reward_need_not_be_promised(api: Api, creator: Person, stream: str) -> None:
    assert ask_for(api, stream, creator).json["rewardText"] is None


def test_what_was_given_before_does_not_count(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    give(api, stream, fan)

    first = ask_for(api, stream, creator)
    give(api, stream, fan)
    second = ask_for(api, stream, creator)

    goals = api.get(f"/api/streams/{stream}/goals").json["goals"]
    assert {one["id"]: one["progress"] for one in goals} == {
        first.json["id"]: 5, second.json["id"]: 0,
    }  # fmt: skip


def test_a_stream_has_five_active_goals_at_most(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    assert [ask_for(api, stream, creator).status for _ in range(4)] == [201] * 4
    assert ask_for(api, stream, creator, targetAmount=5).status == 201

    with nothing_moves(owner):
        refused = ask_for(api, stream, creator)
    fund(fan, 5)
    give(api, stream, fan)

    assert (refused.status, refused.code) == (409, "too_many_goals")
    assert ask_for(api, stream, creator).status == 201


def test_of_many_goals_at_once_five_are_made(
    api: Api, creator: Person, stream: str, crowd: None
) -> None:
    posts = [Post(f"/api/streams/{stream}/goals", creator.token, GOAL) for _ in range(8)]

    answers = api.at_once(posts)

    assert sorted(one.status for one in answers) == [201] * 5 + [409] * 3
    assert {one.code for one in answers if one.status == 409} == {"too_many_goals"}
    assert len(api.get(f"/api/streams/{stream}/goals").json["goals"]) == 5


def test_an_ended_stream_takes_no_goals(
    api: Api, owner: Owner, creator: Person, stream: str
) -> None:
    api.post(f"/api/streams/{stream}/end", creator.token)

    with nothing_moves(owner):
        refused = ask_for(api, stream, creator)

    assert (refused.status, refused.code) == (409, "stream_ended")


def test_only_the_host_asks(
    api: Api, owner: Owner, people: People, fan: Person, stream: str
) -> None:
    others = (fan, people.creator(), people.admin())

    with nothing_moves(owner):
        refusals = [ask_for(api, stream, one) for one in others]
        missing = ask_for(api, str(uuid4()), fan)

    assert [(one.status, one.code) for one in refusals] == [(403, "not_owner")] * 3
    assert (missing.status, missing.code) == (404, "not_found")


@pytest.mark.parametrize("target", NO_TARGET, ids=repr)
def test_a_target_is_a_whole_number_of_coins(
    api: Api, creator: Person, stream: str, target: object
) -> None:
    refused = ask_for(api, stream, creator, targetAmount=target)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/targetAmount"]


def test_the_largest_target_is_never_too_large_for_the_sum(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    fund(fan, 10)
    give(api, stream, fan)

    made = ask_for(api, stream, creator, targetAmount=2**63 - 1)
    give(api, stream, fan)

    (goal,) = api.get(f"/api/streams/{stream}/goals").json["goals"]
    assert (made.status, goal["targetAmount"], goal["progress"]) == (201, 2**63 - 1, 5)


@pytest.mark.parametrize(
    ("field", "text"),
    [("title", ""), ("title", " \t"), ("title", "é" * 101), ("rewardText", " "),
     ("rewardText", "é" * 201)],
    ids=ascii,
)  # fmt: skip
def test_a_text_that_says_nothing_or_too_much_is_refused(
    api: Api, creator: Person, stream: str, field: str, text: str
) -> None:
    refused = ask_for(api, stream, creator, **{field: text})

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == [f"/{field}"]
