"""Who may no longer take part leaves no call open: what the admin desk does when it suspends."""

import pytest

from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.people import Fund, Owner, People, Person
from tests.integration.telephone import Telephone, hold_of, told, wallet


def cancel_open_calls(owner: Owner, person: Person) -> int:
    row = owner.execute("select private.cancel_open_calls(%s)", (person.id,)).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("side", ["fan", "creator"])
@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_a_call_that_has_not_started_is_cancelled_and_its_hold_released(
    api: Api, owner: Owner, line: Telephone, status: str, side: str
) -> None:
    call = getattr(line, status)()

    assert cancel_open_calls(owner, getattr(line, side)) == 1

    closed = line.get(call)
    assert (closed["status"], closed["endReason"], closed["endedBy"]) == (
        "cancelled", "suspend", "platform",
    )  # fmt: skip
    assert hold_of(owner, call) == ("released", 50, 0)
    assert wallet(api, line.fan) == (1000, 0)
    for who in (line.fan, line.creator):
        assert told(owner, who)[-1]["endReason"] == "suspend"


@pytest.mark.parametrize("side", ["fan", "creator"])
def test_a_call_under_way_is_ended_and_billed(
    api: Api, owner: Owner, clock: StoppedClock, line: Telephone, side: str
) -> None:
    call = line.active()
    clock.advance(seconds=421)

    assert cancel_open_calls(owner, getattr(line, side)) == 1

    closed = line.get(call)
    assert (closed["status"], closed["endReason"]) == ("completed", "suspend")
    assert (closed["billedMinutes"], closed["charged"]) == (8, 80)
    assert wallet(api, line.fan) == (920, 0)
    assert wallet(api, line.creator) == (80, 0)


def test_every_call_of_a_creator_is_closed_and_nobody_elses(
    api: Api, owner: Owner, people: People, clock: StoppedClock, line: Telephone, fund: Fund
) -> None:
    lines = []
    for _ in range(3):
        fan = people.fan()
        fund(fan, 1000)
        lines.append(line.of(fan))
    calls = [lines[0].pending(), lines[1].accepted(), lines[2].active()]
    over = line.pending()
    line.act(over, "reject", line.creator)

    assert cancel_open_calls(owner, line.fan) == 0
    assert cancel_open_calls(owner, line.creator) == 3
    assert cancel_open_calls(owner, line.creator) == 0

    shown = [one.get(call)["status"] for one, call in zip(lines, calls, strict=True)]
    assert shown == ["cancelled", "cancelled", "completed"]
    assert [wallet(api, one.fan) for one in lines] == [(1000, 0), (1000, 0), (950, 0)]
    assert line.get(over)["endReason"] == "reject"
