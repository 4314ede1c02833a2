"""Every action in every status by either side, as the table of transitions has it."""

from collections.abc import Callable

import pytest

from local.documents.machines import machines
from tests.integration.api import Api
from tests.integration.clock import StoppedClock
from tests.integration.ledger import nothing_moves
from tests.integration.people import Fund, Owner, People
from tests.integration.telephone import Telephone, take_calls

(CALL,) = [machine for machine in machines() if machine.name == "call"]
SIDES = ("fan", "creator")
ACTIONS = sorted({one.action for one in CALL.transitions if one.actor in ("creator", "party")})
LEADS = {(one.source, one.action): one.target for one in CALL.transitions}

type Reach = Callable[[], str]
"""Brings a new call into a status and answers its id."""


@pytest.fixture
def both(api: Api, owner: Owner, people: People, fund: Fund) -> Telephone:
    """Two creators, one of whom calls the other: no role keeps either from trying anything."""
    fan, creator = people.creator(), people.creator()
    fund(fan, 1000)
    take_calls(owner, creator)
    return Telephone(api, fan, creator)


@pytest.fixture
def reach(owner: Owner, both: Telephone, clock: StoppedClock) -> dict[str, Reach]:
    def closed(status: str, action: str, by: str) -> Reach:
        def reached() -> str:
            call = str(getattr(both, status)())
            assert both.act(call, action, getattr(both, by)).status == 200
            return call

        return reached

    def missed() -> str:
        call = both.pending()
        clock.advance(minutes=5)
        owner.execute("select ledger.expire_call(%s, 'a test')", (call,))
        return call

    return {
        "pending": both.pending,
        "accepted": both.accepted,
        "active": both.active,
        "completed": closed("active", "end", "fan"),
        "rejected": closed("pending", "reject", "creator"),
        "cancelled": closed("accepted", "cancel", "fan"),
        "missed": missed,
    }


def test_the_table_has_the_statuses_of_the_product() -> None:
    assert set(CALL.states) == {
        "pending", "accepted", "active", "completed", "rejected", "missed", "cancelled",
    }  # fmt: skip
    assert set(CALL.final) == {"completed", "rejected", "missed", "cancelled"}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("status", CALL.states)
def test_a_call_goes_where_the_table_leads_and_nowhere_else(
    owner: Owner, both: Telephone, reach: dict[str, Reach], status: str, action: str, side: str
) -> None:
    call = reach[status]()
    assert both.get(call)["status"] == status
    may = {one.actor for one in CALL.transitions if one.action == action}
    led_to = LEADS.get((status, action))
    already = status in {one.target for one in CALL.transitions if one.action == action}

    if not may & {side, "party"}:
        with nothing_moves(owner):
            refused = both.act(call, action, getattr(both, side))
        assert (refused.status, refused.code) == (403, "forbidden")
    elif led_to is None and not already:
        with nothing_moves(owner):
            refused = both.act(call, action, getattr(both, side))
        assert (refused.status, refused.code) == (409, "call_state")
        assert refused.json["callStatus"] == status
    else:
        before = both.get(call)
        done = both.act(call, action, getattr(both, side))
        if action == "start" and led_to:
            assert done.json["status"] == status, "one party alone starts nothing"
            other = "creator" if side == "fan" else "fan"
            done = both.act(call, action, getattr(both, other))
        assert done.status == 200
        assert done.json["status"] == (led_to or status)
        if led_to is None:
            assert done.json == before
