"""Every two minutes: fold what creators earned and did into their days."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import errors

from functions.jobs import refresh_analytics as job
from limelight.analytics import service
from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import Clock
from tests.integration.giving import give
from tests.integration.jobs.conftest import Run, done_metric
from tests.integration.people import Fund, Owner, People, Person

GIFT = "select ledger.gift(%s, %s, '00000000-0000-4000-8000-000000000003', 1, %s, 'h', 'q')"


@pytest.fixture(autouse=True)
def nothing_else_is_due(run: Run) -> None:
    """What other tests left to be folded is folded."""
    while run(job):
        pass


@contextmanager
def uncommitted(backing: Backing, fan: Person, stream: str) -> Iterator[psycopg.Connection[Any]]:
    """A Star, 5 coins, that has taken the id of its entry and is not committed."""
    with psycopg.connect(backing.direct_url) as connection:
        connection.execute(GIFT, (fan.id, stream, str(uuid4())))
        yield connection


def folded(owner: Owner, creator: Person) -> int:
    """The coins of the creator that are in the rollups."""
    row = owner.execute(
        """
        select coalesce(sum(coins), 0)
        from public.creator_daily_earnings
        where creator_id = %s
        """,
        (creator.id,),
    ).fetchone()
    assert row is not None
    return int(row[0])


def earned(api: Api, creator: Person) -> int:
    report = api.get("/api/creator/analytics", creator.token, period="all").json
    return int(report["overview"]["earnings"]["total"]["value"])


def test_what_was_earned_is_folded_once_however_often_it_runs(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, run: Run,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    fund(fan, 10)
    give(api, stream, fan, "Star")
    give(api, stream, fan, "Star")
    assert folded(owner, creator) == 0
    capsys.readouterr()

    first = run(job)
    metric = done_metric(capsys.readouterr().out, "refresh_analytics")

    assert first > 0
    assert metric == [first]
    assert run(job) == 0
    assert (folded(owner, creator), earned(api, creator)) == (10, 10)


def test_an_entry_that_is_committed_late_is_not_lost(
    api: Api, backing: Backing, owner: Owner, people: People, fan: Person, creator: Person,
    stream: str, fund: Fund, run: Run,
) -> None:  # fmt: skip
    late = people.fan()
    for one in (fan, late):
        fund(one, 10)
    run(job)
    with uncommitted(backing, late, stream) as connection:
        give(api, stream, fan, "Fire")  # has a later id, and is committed first

        assert [run(job), run(job)] == [0, 0]
        assert (folded(owner, creator), earned(api, creator)) == (0, 10)

        connection.commit()
    assert earned(api, creator) == 15
    while run(job):
        pass
    assert (folded(owner, creator), earned(api, creator)) == (15, 15)


def test_an_entry_that_never_is_committed_holds_nothing_up(
    api: Api, backing: Backing, owner: Owner, people: People, fan: Person, creator: Person,
    stream: str, fund: Fund, run: Run,
) -> None:  # fmt: skip
    late = people.fan()
    for one in (fan, late):
        fund(one, 10)
    with uncommitted(backing, late, stream) as connection:
        give(api, stream, fan, "Fire")
        connection.rollback()

    assert run(job) > 0
    assert (folded(owner, creator), earned(api, creator)) == (10, 10)


def test_a_mark_set_on_another_server_is_set_again(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, run: Run
) -> None:
    fund(fan, 5)
    give(api, stream, fan, "Star")
    owner.execute("select private.mark_earnings()")
    owner.execute("update public.analytics_progress set marked_xid = '9000000000000000000'")

    while run(job):
        pass

    assert (folded(owner, creator), earned(api, creator)) == (5, 5)


def test_a_mark_is_set_by_a_transaction_of_its_own(owner: Owner) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("select pg_current_xact_id()")

        with pytest.raises(errors.ActiveSqlTransaction):
            owner.execute("select private.mark_earnings()")


def test_a_second_run_leaves_the_work_to_the_first(
    api: Api, backing: Backing, owner: Owner, fan: Person, creator: Person, stream: str,
    fund: Fund, run: Run,
) -> None:  # fmt: skip
    fund(fan, 5)
    give(api, stream, fan, "Star")
    owner.execute("select private.mark_earnings()")
    with psycopg.connect(backing.direct_url) as first:
        first.execute("select private.fold_earnings(1000000)")

        assert run(job) == 0
        assert earned(api, creator) == 5

        first.commit()
    assert (folded(owner, creator), earned(api, creator)) == (5, 5)


def test_a_run_that_is_cut_off_is_done_again(
    api: Api, backing: Backing, owner: Owner, fan: Person, creator: Person, stream: str,
    fund: Fund, run: Run,
) -> None:  # fmt: skip
    fund(fan, 5)
    give(api, stream, fan, "Star")
    owner.execute("select private.mark_earnings()")
    with psycopg.connect(backing.direct_url) as killed:
        killed.execute("select private.fold_earnings(1000000)")
        killed.execute("select private.fold_activity(1000000)")
        killed.rollback()

    assert folded(owner, creator) == 0
    while run(job):
        pass
    assert (folded(owner, creator), earned(api, creator)) == (5, 5)


def test_a_run_does_whole_batches_and_the_next_goes_on(
    api: Api, owner: Owner, fan: Person, creator: Person, stream: str, fund: Fund, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fund(fan, 20)
    for _ in range(4):
        give(api, stream, fan, "Star")
    monkeypatch.setattr(service, "ENTRIES_BATCH", 2)
    monkeypatch.setattr(service, "BATCHES", 1)
    sums = []
    for _ in range(20):
        run(job)
        sums.append(folded(owner, creator))
        assert earned(api, creator) == 20

    assert sums == sorted(sums)
    assert len(set(sums)) > 2
    assert sums[-1] == 20


def test_readers_and_givers_wait_for_no_run(
    api: Api, backing: Backing, owner: Owner, fan: Person, creator: Person, stream: str,
    fund: Fund, clock: Clock,
) -> None:  # fmt: skip
    fund(fan, 15)
    give(api, stream, fan, "Star")
    clock.advance(days=1)
    owner.execute("select private.mark_earnings()")
    with psycopg.connect(backing.direct_url) as running:
        running.execute("select private.fold_earnings(1000000)")
        running.execute("select private.fold_activity(1000000)")
        running.execute("select private.roll_windows(1000000)")

        assert earned(api, creator) == 5
        assert give(api, stream, fan, "Fire").status == 201
        assert earned(api, creator) == 15


def test_what_was_loaded_past_the_triggers_is_counted_by_a_rebuild(
    api: Api, owner: Owner, fan: Person, creator: Person, people: People, stream: str, fund: Fund,
    run: Run,
) -> None:  # fmt: skip
    fund(fan, 5)
    give(api, stream, fan, "Star")
    people.follow(fan, creator)
    api.post(f"/api/streams/{stream}/join", fan.token)
    api.post(f"/api/streams/{stream}/end", creator.token)
    run(job)
    before = api.get("/api/creator/analytics", creator.token).json

    owner.execute("select private.rebuild_analytics()")

    assert api.get("/api/creator/analytics", creator.token).json == before
    assert run(job) == 0
