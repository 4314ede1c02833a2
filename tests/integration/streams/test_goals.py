"""GET /api/streams/{streamId}/goals, and how gifts and tips move what it shows."""

from typing import Any

import psycopg
import pytest

from local.services.backing import Backing
from tests.integration.api import Api, Post
from tests.integration.clock import Clock
from tests.integration.giving import a_gift, give, tip, told
from tests.integration.moments import is_moment
from tests.integration.people import Fund, OpenStream, Owner, People, Person
from tests.integration.streams.conftest import Closed


@pytest.fixture
def new_goal(api: Api, creator: Person, stream: str) -> str:
    """The id of a goal of 20 coins on the creator's stream."""
    return ask_for(api, stream, creator, 20)


def ask_for(api: Api, stream: str, creator: Person, target: int) -> str:
    body = {"title": "A new microphone", "targetAmount": target}
    made = api.post(f"/api/streams/{stream}/goals", creator.token, body)
    assert made.status == 201, made.text
    return str(made.json["id"])


def goals(api: Api, stream: str) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = api.get(f"/api/streams/{stream}/goals").json["goals"]
    return shown


def standing(owner: Owner, stream: str) -> list[tuple[int, str]]:
    """The progress and status that listeners were told, one after the other."""
    return [(one["progress"], one["status"]) for one in told(owner, stream, "goal")]


# What moves it


def test_a_gift_and_a_tip_move_a_goal_by_what_they_cost(
    api: Api, fan: Person, stream: str, fund: Fund, new_goal: str
) -> None:
    fund(fan, 100)

    give(api, stream, fan, "Star", 2)
    (after_gift,) = goals(api, stream)
    tip(api, stream, fan, 7)
    (after_tip,) = goals(api, stream)

    assert (after_gift["progress"], after_tip["progress"]) == (10, 17)
    assert (after_tip["status"], after_tip["completedAt"]) == ("active", None)


def test_every_active_goal_is_moved(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    for target in (100, 200, 300):
        ask_for(api, stream, creator, target)
    fund(fan, 5)

    give(api, stream, fan)

    assert [one["progress"] for one in goals(api, stream)] == [5, 5, 5]


def test_a_gift_moves_goals_of_its_own_stream_alone(
    api: Api, people: People, fan: Person, stream: str, fund: Fund, new_goal: str
) -> None:
    other = people.creator()
    elsewhere = api.post(
        "/api/streams/create", other.token, {"title": "Jazz", "category": "music"}
    ).json["id"]
    fund(fan, 5)

    give(api, elsewhere, fan)

    assert [one["progress"] for one in goals(api, stream)] == [0]


def test_a_gift_that_fails_or_is_replayed_moves_nothing(
    api: Api, fan: Person, stream: str, fund: Fund, new_goal: str, new_key: str
) -> None:
    fund(fan, 7)
    for _ in range(3):
        give(api, stream, fan, key=new_key)
    give(api, stream, fan)

    assert [one["progress"] for one in goals(api, stream)] == [5]


def test_a_goal_counts_what_was_paid_not_what_arrived(
    api: Api, fan: Person, stream: str, fund: Fund, new_goal: str, fee_of_a_fifth: None
) -> None:
    fund(fan, 10)

    tip(api, stream, fan, 10)

    assert [one["progress"] for one in goals(api, stream)] == [10]


# When it is reached


def test_a_goal_that_is_reached_is_completed_once_and_stays_as_it_was(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_goal: str
) -> None:
    fund(fan, 100)
    give(api, stream, fan, "Star", 3)
    give(api, stream, fan, "Star", 2)
    (reached,) = goals(api, stream)

    give(api, stream, fan, "Star", 2)

    assert goals(api, stream) == [reached]
    assert (reached["status"], reached["progress"]) == ("completed", 25)
    assert is_moment(reached["completedAt"])
    assert standing(owner, stream).count((25, "completed")) == 1


@pytest.mark.parametrize("way", ["gift", "tip"])
def test_just_enough_is_enough(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_goal: str, way: str
) -> None:
    fund(fan, 20)

    sent = give(api, stream, fan, "Diamond") if way == "gift" else tip(api, stream, fan, 20)

    assert sent.status == 201
    assert [(one["progress"], one["status"]) for one in goals(api, stream)] == [(20, "completed")]
    assert standing(owner, stream) == [(0, "active"), (20, "completed")]


def test_one_gift_may_complete_several_goals_and_leave_others(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund
) -> None:
    for target in (10, 20, 21):
        ask_for(api, stream, creator, target)
    fund(fan, 20)

    give(api, stream, fan, "Diamond")

    assert {one["targetAmount"]: one["status"] for one in goals(api, stream)} == {
        10: "completed", 20: "completed", 21: "active",
    }  # fmt: skip


def test_a_goal_that_its_stream_ended_before_is_missed(
    api: Api, fan: Person, creator: Person, stream: str, fund: Fund, new_goal: str
) -> None:
    fund(fan, 5)
    give(api, stream, fan)

    api.post(f"/api/streams/{stream}/end", creator.token)

    assert [(one["progress"], one["status"]) for one in goals(api, stream)] == [(5, "missed")]


# What listeners hear


def test_progress_is_told_at_most_once_a_second_and_completion_always(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_goal: str, clock: Clock
) -> None:
    fund(fan, 100)
    clock.advance(seconds=1)
    give(api, stream, fan)
    give(api, stream, fan)
    clock.advance(seconds=1)
    give(api, stream, fan, "Rose")
    give(api, stream, fan, "Star", 2)

    assert standing(owner, stream) == [
        (0, "active"), (5, "active"), (11, "active"), (21, "completed"),
    ]  # fmt: skip


def test_a_goal_is_told_with_what_it_asks_for(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, new_goal: str
) -> None:
    fund(fan, 20)

    give(api, stream, fan, "Diamond")

    assert told(owner, stream, "goal")[-1] == {
        "goalId": new_goal, "title": "A new microphone", "targetAmount": 20, "progress": 20,
        "rewardText": None, "status": "completed",
    }  # fmt: skip


# Many at once


def test_fans_who_give_at_once_all_move_the_goal_and_complete_it_once(
    api: Api, owner: Owner, people: People, creator: Person, stream: str, fund: Fund, crowd: None
) -> None:
    small, large = ask_for(api, stream, creator, 100), ask_for(api, stream, creator, 1000)
    fans = [people.fan() for _ in range(8)]
    for one in fans:
        fund(one, 40)

    answers = api.at_once(
        [
            post
            for one in fans
            for post in (
                Post(f"/api/streams/{stream}/gift", one.token, a_gift("Star", 2)),
                Post(f"/api/streams/{stream}/tip", one.token, {"amount": 10}),
                Post(f"/api/streams/{stream}/gift", one.token, a_gift("Diamond")),
            )
        ]
    )

    assert [one.status for one in answers] == [201] * 24
    shown = {one["id"]: one for one in goals(api, stream)}
    assert (shown[large]["progress"], shown[large]["status"]) == (320, "active")
    assert shown[small]["status"] == "completed"
    assert 100 <= shown[small]["progress"] <= 320
    completions = [one for one in told(owner, stream, "goal") if one["status"] == "completed"]
    assert [one["goalId"] for one in completions] == [small]


def test_a_gift_does_not_wait_for_whoever_holds_the_goal_and_still_moves_it(
    api: Api, backing: Backing, owner: Owner, fan: Person, stream: str, fund: Fund, new_goal: str
) -> None:
    fund(fan, 25)
    with psycopg.connect(backing.direct_url) as other:
        other.execute("select from public.stream_goals where id = %s for update", (new_goal,))

        sent = give(api, stream, fan, "Diamond")
        (shown,) = goals(api, stream)

    assert sent.status == 201
    assert (shown["progress"], shown["status"]) == (20, "completed")
    assert standing(owner, stream) == [(0, "active")]
    give(api, stream, fan)
    assert standing(owner, stream) == [(0, "active"), (25, "completed")]


# Who sees it


def test_a_stream_without_goals_shows_none(api: Api, stream: str) -> None:
    answer = api.get(f"/api/streams/{stream}/goals")

    assert (answer.status, answer.json) == (200, {"goals": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_a_fan_with_access_sees_the_goals(
    api: Api, fan: Person, creator: Person, admitted: str
) -> None:
    goal = ask_for(api, admitted, creator, 20)

    answer = api.get(f"/api/streams/{admitted}/goals", fan.token)

    assert [one["id"] for one in answer.json["goals"]] == [goal]


def test_a_fan_without_access_is_told_why(api: Api, fan: Person, closed: Closed) -> None:
    refused = api.get(f"/api/streams/{closed.stream}/goals", fan.token)

    assert (refused.status, refused.code) == (closed.status, closed.code)


def test_a_visitor_is_asked_who_they_are_where_it_matters(
    api: Api, open_stream: OpenStream
) -> None:
    refused = api.get(f"/api/streams/{open_stream(privacy='followers')}/goals")

    assert (refused.status, refused.code) == (401, "authentication_required")


def test_goals_are_paged_newest_first(api: Api, creator: Person, stream: str) -> None:
    made = [ask_for(api, stream, creator, target) for target in range(1, 6)]

    pages = list(api.pages(f"/api/streams/{stream}/goals", "goals", limit=2))

    assert [one["id"] for page in pages for one in page] == made[::-1]
    assert [len(page) for page in pages] == [2, 2, 1]
