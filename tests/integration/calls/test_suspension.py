"""Who may no longer take part leaves no call open, whatever the admin desk did."""

import pytest

from limelight.http import accounts
from tests.integration.api import UNSET, Api
from tests.integration.clock import StoppedClock
from tests.integration.ledger import entries_of
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.telephone import Telephone, callers, hold_of, told, wallet


def shut_out(api: Api, admin: Person, person: Person, how: str = "suspend") -> None:
    """The admin desk suspends or deletes somebody."""
    body = {"action": "suspend", "reason": "rude"} if how == "suspend" else UNSET
    answer = api.post(f"/api/admin/users/{person.id}/{how}", admin.token, body)
    assert answer.status == 200, answer.text


def status_of(owner: Owner, call: str) -> tuple[str, str, str]:
    """A call's status, why it ended, and who ended it."""
    row = owner.execute(
        "select status, end_reason, ended_by from public.calls where id = %s", (call,)
    ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


@pytest.mark.parametrize("how", ["suspend", "delete"])
@pytest.mark.parametrize("side", ["fan", "creator"])
@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_a_call_that_has_not_started_is_cancelled_and_its_hold_released(
    api: Api, owner: Owner, admin: Person, line: Telephone, status: str, side: str, how: str
) -> None:
    call = getattr(line, status)()

    shut_out(api, admin, getattr(line, side), how)

    assert status_of(owner, call) == ("cancelled", "suspend", "platform")
    assert hold_of(owner, call) == ("released", 50, 0)
    for who in (line.fan, line.creator):
        assert told(owner, who)[-1]["endReason"] == "suspend"


@pytest.mark.parametrize("side", ["fan", "creator"])
def test_a_call_under_way_is_ended_and_billed(
    api: Api, owner: Owner, admin: Person, clock: StoppedClock, line: Telephone, side: str
) -> None:
    call = line.active()
    clock.advance(seconds=421)

    shut_out(api, admin, getattr(line, side))

    assert status_of(owner, call) == ("completed", "suspend", "platform")
    assert hold_of(owner, call) == ("settled", 50, 80)
    assert entries_of(owner, line.fan)[1:] == [("call_charge", -80)]
    assert entries_of(owner, line.creator) == [("call_earnings", 80)]


def test_every_call_of_a_creator_is_closed_and_nobody_elses(
    api: Api, owner: Owner, admin: Person, people: People, clock: StoppedClock, line: Telephone,
    fund: Fund,
) -> None:  # fmt: skip
    lines = callers(people, line, fund, 3)
    calls = [lines[0].pending(), lines[1].accepted(), lines[2].active()]
    over = line.pending()
    line.act(over, "reject", line.creator)

    shut_out(api, admin, line.fan)
    assert [one.get(call)["endReason"] for one, call in zip(lines, calls, strict=True)] == [
        None
    ] * 3
    shut_out(api, admin, line.creator)

    shown = [one.get(call)["status"] for one, call in zip(lines, calls, strict=True)]
    assert shown == ["cancelled", "cancelled", "completed"]
    assert [wallet(api, one.fan) for one in lines] == [(1000, 0), (1000, 0), (950, 0)]
    assert status_of(owner, over)[1] == "reject"


def test_who_is_let_in_again_has_no_call_left_and_can_make_a_new_one(
    api: Api, admin: Person, people: People, line: Telephone
) -> None:
    first = line.pending()
    shut_out(api, admin, line.fan)
    body = {"action": "unsuspend", "reason": "sorry"}
    api.post(f"/api/admin/users/{line.fan.id}/suspend", admin.token, body)
    accounts.cache.clear()

    assert line.pending() != first
