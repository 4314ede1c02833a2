"""How a show may go from one state to another: all of it is in `private.show_transitions`."""

from itertools import product

import psycopg
import pytest
from psycopg import errors

from local.documents.machines import machines
from tests.integration.api import Api
from tests.integration.ledger import contents
from tests.integration.people import Owner, Person
from tests.integration.shows.acts import (
    Announce,
    balance_of,
    cancel,
    detail,
    end,
    escrow_of,
    start,
    ticket,
)

(SHOW,) = [machine for machine in machines() if machine.name == "show"]
MOVES = {(one.source, one.action): one.target for one in SHOW.transitions if one.source}
LEADS_TO = {action: target for (_, action), target in MOVES.items()}
"""What each action leads to, wherever it is allowed."""


def bring_to(api: Api, show: str, creator: Person, status: str) -> None:
    if status in ("live", "ended"):
        assert start(api, show, creator).status == 200
    if status == "ended":
        assert end(api, show, creator).status == 200
    if status == "cancelled":
        assert cancel(api, show, creator).status == 200


def attempt(api: Api, owner: Owner, show: str, creator: Person, action: str) -> str | None:
    """Lets an action happen as it happens in the product; the refusal's code, or None."""
    if action in ("start", "end", "cancel"):
        act = {"start": start, "end": end, "cancel": cancel}[action]
        answer = act(api, show, creator)
        return None if answer.status == 200 else answer.code
    function = "wind_up_show" if action == "lapse" else "call_off_show"
    try:
        owner.execute(f"select ledger.{function}(%s, %s, 'a test')", (show, action))
    except psycopg.Error as refusal:
        return str(refusal.diag.message_primary)
    return None


def test_the_table_is_what_the_product_promises() -> None:
    assert MOVES == {
        ("scheduled", "start"): "live",
        ("scheduled", "cancel"): "cancelled",
        ("scheduled", "expire"): "cancelled",
        ("scheduled", "suspend"): "cancelled",
        ("live", "end"): "ended",
        ("live", "lapse"): "ended",
        ("live", "suspend"): "cancelled",
    }


@pytest.mark.parametrize(("status", "action"), [*product(SHOW.states, LEADS_TO)])
def test_an_action_takes_a_show_where_the_table_says_and_nowhere_else(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person],
    status: str, action: str,
) -> None:  # fmt: skip
    ticket(api, show, buyers[0])
    bring_to(api, show, creator, status)
    before = contents(owner)

    refusal = attempt(api, owner, show, creator, action)

    seen = detail(api, show, creator)["status"]
    if (status, action) in MOVES:
        assert (refusal, seen) == (None, LEADS_TO[action])
    elif LEADS_TO[action] == status:
        assert (refusal, seen) == (None, status)
    else:
        assert refusal == ("show_not_live" if action == "end" else "show_not_scheduled")
        assert (seen, contents(owner)) == (status, before)


ILLEGAL = {
    (status, other) for status, other in product(SHOW.states, SHOW.states) if status != other
} - {(status, target) for (status, _), target in MOVES.items()}


@pytest.mark.parametrize(("status", "other"), sorted(ILLEGAL))
def test_no_statement_whatever_takes_a_show_another_way(
    api: Api, owner: Owner, creator: Person, show: str, status: str, other: str
) -> None:
    bring_to(api, show, creator, status)

    with pytest.raises(errors.CheckViolation, match=f"from {status} to {other}"):
        owner.execute("update shows set status = %s where id = %s", (other, show))


# The platform's own way: what it cuts short, nobody is paid for


def suspend(owner: Owner, creator: Person) -> int:
    row = owner.execute("select private.cancel_shows_of(%s)", (creator.id,)).fetchone()
    assert row is not None
    return int(row[0])


def test_when_a_creator_goes_all_their_open_shows_are_cancelled_and_refunded(
    api: Api, owner: Owner, creator: Person, announce: Announce, buyers: list[Person]
) -> None:
    live, scheduled, private = announce(), announce(), announce(isPrivate=True)
    for show in (live, scheduled, private):
        ticket(api, show, buyers[0])
    start(api, live, creator)

    assert suspend(owner, creator) == 3

    for show in (live, scheduled, private):
        shown = detail(api, show, buyers[0])
        assert (shown["status"], shown["cancelReason"]) == ("cancelled", "suspend")
        assert escrow_of(owner, show) == 0
    assert (balance_of(api, buyers[0]), balance_of(api, creator)) == (100, 0)
    assert suspend(owner, creator) == 0


def test_what_a_creator_has_earned_before_stays_theirs(
    api: Api, owner: Owner, creator: Person, live: str, buyers: list[Person]
) -> None:
    ticket(api, live, buyers[0])
    end(api, live, creator)

    assert suspend(owner, creator) == 0
    assert (balance_of(api, creator), balance_of(api, buyers[0])) == (30, 70)
