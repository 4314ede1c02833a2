"""GET /api/calls/{callId}."""

from datetime import datetime

import pytest

from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.moments import is_moment
from tests.integration.people import People, Person
from tests.integration.telephone import Telephone, nobody

MOMENTS = {
    "pending": {"requestedAt", "expiresAt"},
    "accepted": {"requestedAt", "acceptedAt", "expiresAt"},
    "active": {
        "requestedAt", "acceptedAt", "fanJoinedAt", "creatorJoinedAt", "startedAt", "expiresAt",
        "coveredUntil",
    },
}  # fmt: skip
"""What is known of an open call, by its status."""


@pytest.mark.parametrize("status", MOMENTS)
def test_both_parties_see_the_same_call(api: Api, line: Telephone, status: str) -> None:
    call = getattr(line, status)()

    seen = [api.get(f"/api/calls/{call}", who.token) for who in (line.fan, line.creator)]

    assert [one.status for one in seen] == [200, 200]
    assert seen[0].json == seen[1].json
    assert (seen[0].json["id"], seen[0].json["status"]) == (call, status)
    assert seen[0].headers["cache-control"] == "no-store"
    moments = {name for name, value in seen[0].json.items() if name.endswith("At") and value}
    moments |= {"coveredUntil"} if seen[0].json["coveredUntil"] else set()
    assert moments == MOMENTS[status]
    assert all(is_moment(seen[0].json[name]) for name in moments)


def test_a_call_shows_neither_its_room_nor_its_hold(line: Telephone) -> None:
    shown = line.get(line.active())

    assert not shown.keys() & {"roomName", "holdId", "transferId", "fanId", "creatorId"}


@pytest.mark.parametrize(("status", "minutes"), [("pending", 5), ("accepted", 30), ("active", 240)])
def test_an_open_call_says_when_the_platform_will_close_it(
    clock: StoppedClock, line: Telephone, status: str, minutes: int
) -> None:
    call = line.get(getattr(line, status)())

    since = {"pending": "requestedAt", "accepted": "acceptedAt", "active": "startedAt"}[status]
    assert _seconds(call[since], call["expiresAt"]) == minutes * 60


def test_an_active_call_says_until_when_it_is_paid_for(
    clock: StoppedClock, line: Telephone
) -> None:
    call = line.get(line.active(8))

    assert _seconds(call["startedAt"], call["coveredUntil"]) == 8 * 60


def test_a_call_of_others_does_not_exist(
    api: Api, people: People, admin: Person, line: Telephone
) -> None:
    call = line.pending()

    refusals = [
        *(api.get(f"/api/calls/{call}", who.token) for who in (people.fan(), admin)),
        api.get(f"/api/calls/{nobody()}", line.fan.token),
    ]

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 3


def _seconds(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
