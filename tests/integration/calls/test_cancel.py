"""POST /api/calls/{callId}/cancel."""

import pytest

from local.services.backing import Backing
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.ledger import entries_of, nothing_moves
from tests.integration.people import Owner, People
from tests.integration.sandbox import outage
from tests.integration.telephone import Telephone, hold_of, nobody, told, wallet


@pytest.mark.parametrize("side", ["fan", "creator"])
@pytest.mark.parametrize("status", ["pending", "accepted"])
def test_either_calls_off_what_has_not_started(
    api: Api, owner: Owner, line: Telephone, status: str, side: str
) -> None:
    call = getattr(line, status)()

    cancelled = line.act(call, "cancel", getattr(line, side))

    assert cancelled.status == 200
    assert cancelled.headers["cache-control"] == "no-store"
    shown = cancelled.json
    assert (shown["status"], shown["endReason"], shown["endedBy"]) == ("cancelled", "cancel", side)
    assert (shown["billedMinutes"], shown["charged"]) == (0, 0)
    assert hold_of(owner, call) == ("released", 50, 0)
    assert wallet(api, line.fan) == (1000, 0)
    assert entries_of(owner, line.fan) == [("promo_credit", 1000)]


def test_both_are_told(owner: Owner, line: Telephone) -> None:
    line.act(line.pending(), "cancel", line.fan)

    for who in (line.fan, line.creator):
        assert [one["endReason"] for one in told(owner, who)] == [None, "cancel"]


@pytest.mark.parametrize("same_key", [True, False])
def test_a_hold_is_released_exactly_once(
    api: Api, owner: Owner, line: Telephone, new_key: str, same_key: bool
) -> None:
    call = line.pending()
    first = line.act(call, "cancel", line.fan, new_key)

    if same_key:
        with nothing_moves(owner):
            again = line.act(call, "cancel", line.fan, new_key)
    else:
        again = line.act(call, "cancel", line.creator)

    assert (again.status, again.json) == (200, first.json)
    assert ("idempotent-replayed" in again.headers) == same_key
    assert wallet(api, line.fan) == (1000, 0)


def test_an_active_call_is_ended_and_not_called_off(
    api: Api, owner: Owner, line: Telephone
) -> None:
    call = line.active()

    with nothing_moves(owner):
        refused = line.act(call, "cancel", line.fan)

    assert (refused.status, refused.code) == (409, "call_state")
    assert refused.json["callStatus"] == "active"
    assert wallet(api, line.fan) == (1000, 50)


def test_an_overdue_call_may_still_be_called_off(
    api: Api, clock: StoppedClock, line: Telephone
) -> None:
    call = line.pending()
    clock.advance(minutes=6)

    cancelled = line.act(call, "cancel", line.fan).json

    assert (cancelled["status"], cancelled["endReason"]) == ("cancelled", "cancel")
    assert wallet(api, line.fan) == (1000, 0)


def test_nobody_else_calls_it_off_or_learns_of_it(
    owner: Owner, people: People, line: Telephone
) -> None:
    call = line.pending()
    strangers = [people.fan(), people.creator()]

    with nothing_moves(owner):
        refusals = [line.act(call, "cancel", one) for one in strangers]
        refusals.append(line.act(nobody(), "cancel", line.fan))

    assert [(one.status, one.code) for one in refusals] == [(404, "not_found")] * 3


def test_a_key_is_for_one_action_on_one_call(owner: Owner, line: Telephone, new_key: str) -> None:
    line.act(line.pending(), "cancel", line.fan, new_key)
    other = line.pending()

    with nothing_moves(owner):
        refused = line.act(other, "cancel", line.fan, new_key)

    assert (refused.status, refused.code) == (422, "idempotency_key_reused")


def test_a_cancel_that_finds_no_database_is_an_outage(
    api: Api, backing: Backing, line: Telephone, new_key: str
) -> None:
    call = line.pending()

    with outage(backing, database=True, supabase=False, keys=False):
        lost = line.act(call, "cancel", line.fan, new_key)

    assert (lost.status, lost.code) == (503, "upstream_unavailable")
    assert wallet(api, line.fan) == (1000, 50)
    assert line.act(call, "cancel", line.fan, new_key).json["status"] == "cancelled"
