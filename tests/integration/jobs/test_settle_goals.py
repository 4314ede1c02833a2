"""Every minute: complete and tell the goals that no gift did, and close those of ended streams."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from functions.jobs import settle_goals as job
from limelight.support import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.giving import give, told
from tests.integration.jobs.conftest import Run
from tests.integration.people import Fund, Owner, Person


@pytest.fixture(autouse=True)
def nothing_else_is_due(run: Run, clock: Clock) -> None:
    """Goals of other tests are settled, and those of their ended streams closed."""
    clock.advance(hours=1)
    while run(job):
        pass
    clock.set(timedelta())


@pytest.fixture
def goal(api: Api, creator: Person, stream: str) -> str:
    """The id of a goal of 20 coins on the creator's stream."""
    body = {"title": "A new microphone", "targetAmount": 20}
    return str(api.post(f"/api/streams/{stream}/goals", creator.token, body).json["id"])


@contextmanager
def held(backing: Backing, goal: str) -> Iterator[None]:
    """Within, somebody else holds the goal's row."""
    with psycopg.connect(backing.direct_url) as other:
        other.execute("select from public.stream_goals where id = %s for update", (goal,))
        yield


def standing(owner: Owner, stream: str) -> list[tuple[int, str]]:
    return [(one["progress"], one["status"]) for one in told(owner, stream, "goal")]


def test_what_gifts_left_untold_is_told(
    api: Api, owner: Owner, fan: Person, stream: str, fund: Fund, goal: str, run: Run
) -> None:
    fund(fan, 10)
    give(api, stream, fan)
    give(api, stream, fan)

    assert [run(job), run(job)] == [1, 0]

    assert standing(owner, stream) == [(0, "active"), (10, "active")]


def test_a_goal_that_gifts_reached_without_noticing_is_completed_once(
    api: Api, backing: Backing, owner: Owner, fan: Person, stream: str, fund: Fund, goal: str,
    run: Run,
) -> None:  # fmt: skip
    fund(fan, 20)
    with held(backing, goal):
        give(api, stream, fan, "Diamond")

    assert [run(job), run(job)] == [1, 0]

    assert standing(owner, stream) == [(0, "active"), (20, "completed")]
    (shown,) = api.get(f"/api/streams/{stream}/goals").json["goals"]
    assert shown["status"] == "completed"
    assert shown["completedAt"] is not None


def test_the_goals_of_an_ended_stream_are_closed_a_minute_later(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, goal: str,
    clock: Clock, run: Run,
) -> None:  # fmt: skip
    fund(fan, 5)
    give(api, stream, fan)
    assert run(job) == 1
    api.post(f"/api/streams/{stream}/end", creator.token)

    at_once = run(job)
    clock.advance(minutes=1)

    assert [at_once, run(job), run(job)] == [0, 1, 0]
    assert standing(owner, stream)[-1] == (5, "missed")
    (shown,) = api.get(f"/api/streams/{stream}/goals").json["goals"]
    assert (shown["progress"], shown["status"], shown["completedAt"]) == (5, "missed", None)


def test_a_goal_that_was_reached_before_the_end_is_not_missed(
    api: Api, backing: Backing, fan: Person, creator: Person, stream: str, fund: Fund, goal: str,
    clock: Clock, run: Run,
) -> None:  # fmt: skip
    fund(fan, 20)
    with held(backing, goal):
        give(api, stream, fan, "Diamond")
    api.post(f"/api/streams/{stream}/end", creator.token)
    clock.advance(minutes=5)

    assert run(job) == 1

    (shown,) = api.get(f"/api/streams/{stream}/goals").json["goals"]
    assert shown["status"] == "completed"


def test_a_goal_that_a_gift_holds_is_left_to_it(
    api: Api, backing: Backing, owner: Owner, fan: Person, stream: str, fund: Fund, goal: str,
    run: Run,
) -> None:  # fmt: skip
    fund(fan, 5)
    give(api, stream, fan)

    with held(backing, goal):
        assert run(job) == 0

    assert run(job) == 1


def test_a_run_settles_a_batch_those_told_longest_ago_first(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, goal: str,
    run: Run, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    body = {"title": "Lights", "targetAmount": 100}
    api.post(f"/api/streams/{stream}/goals", creator.token, body)
    fund(fan, 5)
    give(api, stream, fan)
    monkeypatch.setattr(service, "GOALS_BATCH", 1)

    assert [run(job), run(job), run(job)] == [1, 1, 0]
    assert [one["goalId"] == goal for one in told(owner, stream, "goal")[2:]] == [True, False]
