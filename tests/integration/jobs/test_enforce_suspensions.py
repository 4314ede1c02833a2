"""Every minute: end the streams and calls, cancel the shows, of who was suspended or deleted."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from functions.jobs import enforce_suspensions as job
from limelight.data.errors import DataUnavailable
from limelight.http import accounts
from limelight.money import ledger
from limelight.schema import UserId
from limelight.suspensions import service
from local.services.backing import Backing
from tests.integration.admin.desk import act
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.jobs.conftest import Run, done_metric
from tests.integration.ledger import MONEY_TABLES, contents, entries_of
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.sandbox import outage
from tests.integration.shows.acts import (
    announce,
    balance_of,
    detail,
    escrow_of,
    events_of,
    start,
    ticket,
)
from tests.integration.telephone import Telephone, callers, hold_of, told, untouchable, wallet


@pytest.fixture(autouse=True)
def nobody_waits(owner: Owner, run: Run) -> None:
    """What other tests have left to do is done."""
    run(job)
    assert queue(owner) == []


def shut_out(api: Api, admin: Person, person: Person, how: str = "suspend") -> None:
    """As the admin desk does it."""
    body = {"action": "suspend", "reason": "Spam"} if how == "suspend" else {}
    answer = act(api, admin, person, how, **body)
    assert answer.status == 200, answer.text


def let_in(api: Api, admin: Person, person: Person) -> None:
    answer = act(api, admin, person, "suspend", action="unsuspend", reason="Sorry")
    assert answer.status == 200, answer.text
    accounts.cache.clear()


def queue(owner: Owner) -> list[Any]:
    """The accounts that the job has still to see to, the first of them first."""
    rows = owner.execute("select user_id from private.shut_out order by since, user_id")
    return [user_id for (user_id,) in rows]


def coins(owner: Owner) -> dict[str, object]:
    """Everything that moves when coins do."""
    found = contents(owner)
    return {table: found[table] for table in MONEY_TABLES}


def stream_status(owner: Owner, stream: str) -> str:
    row = owner.execute("select status from streams where id = %s", (stream,)).fetchone()
    assert row is not None
    return str(row[0])


# Calls


@pytest.mark.parametrize("how", ["suspend", "delete"])
@pytest.mark.parametrize("side", ["fan", "creator"])
@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_a_call_that_has_not_started_is_cancelled_and_its_hold_released(
    owner: Owner, admin: Person, line: Telephone, run: Run, status: str, side: str, how: str
) -> None:
    call = getattr(line, status)()
    shut_out(line.api, admin, getattr(line, side), how)

    assert [run(job), run(job)] == [1, 0]

    assert call_status(owner, call) == ("cancelled", "suspend", "platform")
    assert hold_of(owner, call) == ("released", 50, 0)
    for who in (line.fan, line.creator):
        assert told(owner, who)[-1]["endReason"] == "suspend"


def call_status(owner: Owner, call: str) -> tuple[str, str, str]:
    """A call's status, why it ended, and who ended it."""
    row = owner.execute(
        "select status, end_reason, ended_by from public.calls where id = %s", (call,)
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


@pytest.mark.parametrize("side", ["fan", "creator"])
def test_a_call_under_way_is_ended_and_what_was_used_is_billed(
    owner: Owner, admin: Person, stopped_clock: StoppedClock, line: Telephone, run: Run, side: str
) -> None:
    call = line.active()
    stopped_clock.advance(seconds=421)
    shut_out(line.api, admin, getattr(line, side))

    assert run(job) == 1

    assert call_status(owner, call) == ("completed", "suspend", "platform")
    assert hold_of(owner, call) == ("settled", 50, 80)
    assert entries_of(owner, line.fan)[1:] == [("call_charge", -80)]
    assert entries_of(owner, line.creator) == [("call_earnings", 80)]


def test_every_call_of_a_creator_is_closed_and_nobody_elses(
    api: Api, owner: Owner, admin: Person, people: People, line: Telephone, fund: Fund, run: Run
) -> None:
    lines = callers(people, line, fund, 3)
    calls = [lines[0].pending(), lines[1].accepted(), lines[2].active()]
    over = line.pending()
    line.act(over, "reject", line.creator)
    shut_out(api, admin, line.fan)
    assert run(job) == 0
    assert [one.get(call)["endReason"] for one, call in zip(lines, calls, strict=True)] == [
        None
    ] * 3
    shut_out(api, admin, line.creator)

    assert run(job) == 3

    shown = [one.get(call)["status"] for one, call in zip(lines, calls, strict=True)]
    assert shown == ["cancelled", "cancelled", "completed"]
    assert [wallet(api, one.fan) for one in lines] == [(1000, 0), (1000, 0), (950, 0)]
    assert call_status(owner, over)[1] == "reject"


def test_a_call_of_two_who_were_both_shut_out_is_closed_once(
    owner: Owner, admin: Person, line: Telephone, run: Run
) -> None:
    call = line.active()
    for person in (line.fan, line.creator):
        shut_out(line.api, admin, person)

    assert run(job) == 1
    assert hold_of(owner, call) == ("settled", 50, 50)
    assert queue(owner) == []


def test_more_calls_than_fit_a_transaction_are_closed_in_several(
    people: People, admin: Person, line: Telephone, fund: Fund, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "STEP", 2)
    each = callers(people, line, fund, 5)
    calls = [one.pending() for one in each]
    shut_out(line.api, admin, line.creator)

    assert run(job) == 5
    assert {one.get(call)["status"] for one, call in zip(each, calls, strict=True)} == {"cancelled"}


# Shows and streams


@pytest.mark.parametrize("how", ["suspend", "delete"])
def test_the_shows_of_a_creator_are_cancelled_and_every_ticket_refunded(
    api: Api, owner: Owner, admin: Person, creator: Person, fan: Person, fund: Fund, run: Run,
    how: str,
) -> None:  # fmt: skip
    fund(fan, 100)
    shows = [announce(api, creator, isPrivate=private) for private in (False, True, False)]
    for show in shows:
        ticket(api, show, fan)
    start(api, shows[0], creator)
    shut_out(api, admin, creator, how)

    assert [run(job), run(job)] == [3, 0]

    for show in shows:
        shown = detail(api, show, fan)
        assert (shown["status"], shown["cancelReason"]) == ("cancelled", "suspend")
        assert shown["ticket"]["status"] == "refunded"
        assert escrow_of(owner, show) == 0
    assert balance_of(api, fan) == 100
    assert [event for event, _ in events_of(owner, fan)] == ["show_cancelled"] * 3


def test_a_live_stream_ends_however_its_host_was_shut_out(
    owner: Owner, people: People, creator: Person, stream: str, run: Run
) -> None:
    people.suspend(creator)
    assert stream_status(owner, stream) == "live"

    assert [run(job), run(job)] == [1, 0]
    assert stream_status(owner, stream) == "ended"


def test_whoever_holds_tickets_and_is_shut_out_keeps_them(
    api: Api, owner: Owner, admin: Person, creator: Person, fan: Person, fund: Fund, run: Run
) -> None:
    fund(fan, 100)
    show = announce(api, creator)
    ticket(api, show, fan)
    shut_out(api, admin, fan)

    assert run(job) == 0
    assert (detail(api, show, creator)["ticketsSold"], escrow_of(owner, show)) == (1, 30)


# The desk


@pytest.mark.parametrize("how", ["suspend", "delete"])
def test_the_desk_moves_no_coin(
    api: Api, owner: Owner, admin: Person, line: Telephone, fan: Person, creator: Person, how: str
) -> None:
    line.active()
    ticket(api, announce(api, creator), fan)
    before = coins(owner)

    shut_out(api, admin, creator, how)

    assert coins(owner) == before
    assert queue(owner) == [creator.id]


def test_who_is_let_back_in_before_the_job_comes_loses_nothing(
    api: Api, owner: Owner, admin: Person, line: Telephone, run: Run
) -> None:
    call = line.accepted()
    show = announce(api, line.creator)
    shut_out(api, admin, line.creator)
    let_in(api, admin, line.creator)

    assert run(job) == 0
    assert queue(owner) == []
    assert line.get(call)["status"] == "accepted"
    assert detail(api, show)["status"] == "scheduled"


def test_who_is_let_back_in_afterwards_begins_anew(
    api: Api, admin: Person, line: Telephone, run: Run
) -> None:
    first = line.pending()
    shut_out(api, admin, line.fan)
    run(job)
    let_in(api, admin, line.fan)

    assert line.pending() != first


def test_who_has_nothing_open_leaves_the_queue(
    api: Api, owner: Owner, admin: Person, fan: Person, run: Run
) -> None:
    shut_out(api, admin, fan)
    assert queue(owner) == [fan.id]

    assert run(job) == 0
    assert queue(owner) == []


# The run


def test_one_account_that_cannot_be_seen_to_keeps_no_other_waiting(
    owner: Owner, people: People, admin: Person, line: Telephone, fund: Fund, run: Run
) -> None:
    each = callers(people, line, fund, 3)
    calls = [one.pending() for one in each]
    for one in each:
        shut_out(one.api, admin, one.fan)

    with untouchable(owner, calls[1]), pytest.raises(ExceptionGroup) as failed:
        run(job)

    assert len(failed.value.exceptions) == 1
    assert queue(owner) == [each[1].fan.id]
    assert hold_of(owner, calls[1])[0] == "active"
    assert run(job) == 1
    assert [hold_of(owner, call)[0] for call in calls] == ["released"] * 3


def test_an_account_that_another_run_is_at_is_left_to_it_without_waiting(
    backing: Backing, owner: Owner, admin: Person, line: Telephone, run: Run
) -> None:
    call = line.pending()
    shut_out(line.api, admin, line.fan)

    with psycopg.connect(backing.direct_url) as other:
        other.execute("select ledger.enforce_suspension(%s, 100, 'q')", (line.fan.id,))
        assert run(job) == 0
        other.rollback()

    assert run(job) == 1
    assert call_status(owner, call)[0] == "cancelled"


def test_a_run_that_dies_between_two_steps_leaves_the_rest_to_the_next(
    api: Api, owner: Owner, admin: Person, creator: Person, fan: Person, fund: Fund, run: Run
) -> None:
    fund(fan, 100)
    shows = [announce(api, creator) for _ in range(2)]
    for show in shows:
        ticket(api, show, fan)
    shut_out(api, admin, creator)

    assert ledger.enforce_suspension(UserId(creator.id), 100) == 1
    assert queue(owner) == [creator.id]

    assert [run(job), run(job)] == [1, 0]
    assert balance_of(api, fan) == 100


def test_a_run_sees_to_no_more_accounts_than_its_batch_the_first_first(
    api: Api, owner: Owner, people: People, admin: Person, run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(service, "SWEEP_BATCH", 2)
    fans = [people.fan() for _ in range(3)]
    for one in fans:
        shut_out(api, admin, one)

    run(job)

    assert queue(owner) == [fans[2].id]


def test_a_suspension_waits_for_what_is_being_opened_and_then_closes_it(
    backing: Backing, owner: Owner, creator: Person, run: Run
) -> None:
    with psycopg.connect(backing.direct_url) as opening:
        opening.execute(
            """
            select private.create_show(
              %s, 'T', null, 'qna', 30, null, now() + interval '1 day', 60, null, null, false, '{}'
            )
            """,
            (creator.id,),
        )
        with impatient(backing) as desk, pytest.raises(psycopg.errors.LockNotAvailable):
            desk.execute(
                "update users set status = 'suspended', suspended_at = now() where id = %s",
                (creator.id,),
            )
        opening.commit()

    owner.execute(
        "update users set status = 'suspended', suspended_at = now() where id = %s", (creator.id,)
    )
    assert run(job) == 1


@contextmanager
def impatient(backing: Backing) -> Iterator[psycopg.Connection[Any]]:
    """A connection that waits for no lock."""
    with psycopg.connect(backing.direct_url) as connection:
        connection.execute(sql.SQL("set lock_timeout = '50ms'"))
        yield connection


def test_a_run_that_finds_no_database_fails_and_loses_nothing(
    backing: Backing, owner: Owner, admin: Person, line: Telephone, run: Run
) -> None:
    call = line.pending()
    shut_out(line.api, admin, line.fan)

    with (
        outage(backing, database=True, supabase=False, keys=False),
        pytest.raises(DataUnavailable),
    ):
        run(job)

    assert run(job) == 1
    assert hold_of(owner, call)[0] == "released"


def test_the_run_reports_how_much_it_closed(
    admin: Person, line: Telephone, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    line.pending()
    shut_out(line.api, admin, line.fan)
    capsys.readouterr()

    run(job)

    assert done_metric(capsys.readouterr().out, "enforce_suspensions") == [1]
