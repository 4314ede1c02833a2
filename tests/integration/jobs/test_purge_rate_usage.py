"""Every night: forget whoever has not been counted by a rate limit for two days."""

from uuid import uuid4

import pytest

from functions.jobs import purge_rate_usage as job
from limelight.limits import service
from limelight.limits.models import Limit
from tests.integration.clock import Clock
from tests.integration.jobs.conftest import Run
from tests.integration.people import Owner


@pytest.fixture(autouse=True)
def nobody_was_counted(owner: Owner) -> None:
    owner.execute("truncate private.rate_usage")


def counted(owner: Owner) -> int:
    row = owner.execute("select count(*) from private.rate_usage").fetchone()
    assert row is not None
    return int(row[0])


def take_for_somebody() -> None:
    service.take(Limit.GIFT, str(uuid4()))


@pytest.mark.parametrize(("hours", "forgotten"), [(0, 0), (24, 0), (48, 1), (1_000, 1)])
def test_who_was_counted_is_forgotten_when_no_window_can_reach_back(
    owner: Owner, clock: Clock, run: Run, hours: int, forgotten: int
) -> None:
    take_for_somebody()
    clock.advance(hours=hours)

    assert run(job) == forgotten
    assert counted(owner) == 1 - forgotten


def test_who_was_counted_again_since_is_remembered(owner: Owner, clock: Clock, run: Run) -> None:
    somebody = str(uuid4())
    service.take(Limit.CALL_REQUEST, somebody)
    clock.advance(hours=47)
    service.take(Limit.CALL_REQUEST, somebody)
    clock.advance(hours=23)

    assert run(job) == 0
    assert counted(owner) == 1


def test_a_run_goes_on_until_nobody_old_is_left(
    clock: Clock, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "PURGE_BATCH", 2)
    for _ in range(5):
        take_for_somebody()
    clock.advance(hours=72)

    assert [run(job), run(job)] == [5, 0]


def test_a_subject_that_is_being_counted_is_left_for_the_next_night(
    owner: Owner, clock: Clock, run: Run
) -> None:
    take_for_somebody()
    clock.advance(hours=72)

    with owner.transaction():
        owner.execute("select from private.rate_usage for update")
        assert run(job) == 0

    assert run(job) == 1
