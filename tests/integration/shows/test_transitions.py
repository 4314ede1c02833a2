"""How a show may go from one state to another: all of it is in `private.show_transitions`."""

from itertools import product

import psycopg
import pytest
from psycopg import errors

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

STATUSES = ("scheduled", "live", "ended", "cancelled")
LEADS_TO = {
    "start": "live", "end": "ended", "lapse": "ended",
    "cancel": "cancelled", "expire": "cancelled", "withdraw": "cancelled",
}  # fmt: skip
LEGAL = {
    ("scheduled", "start"), ("live", "end"), ("live", "lapse"), ("scheduled", "cancel"),
    ("scheduled", "expire"), ("scheduled", "withdraw"), ("live", "withdraw"),
}  # fmt: skip


def bring_to(api: Api, show: str, creator: Person, status: str) -> None:
    if status in ("live", "ended"):
        assert start(api, show, creator).status == 200
    if status == "ended":
        assert end(api, show, creator).status == 200
    if status == "cancelled":
        assert cancel(api, show, creator).status == 200


def attempt(api: Api, owner: Owner, show: str, creator: Person, event: str) -> str | None:
    """Lets an event happen as it happens in the product; the refusal's code, or None."""
    if event in ("start", "end", "cancel"):
        act = {"start": start, "end": end, "cancel": cancel}[event]
        answer = act(api, show, creator)
        return None if answer.status == 200 else answer.code
    function = "wind_up_show" if event == "lapse" else "call_off_show"
    try:
        owner.execute(f"select ledger.{function}(%s, %s, 'a test')", (show, event))
    except psycopg.Error as refusal:
        return str(refusal.diag.message_primary)
    return None


def test_the_table_is_what_the_product_promises(owner: Owner) -> None:
    rows = owner.execute("select from_status, to_status, event from private.show_transitions")

    assert {*rows} == {(status, LEADS_TO[event], event) for status, event in LEGAL}


@pytest.mark.parametrize(("status", "event"), [*product(STATUSES, LEADS_TO)])
def test_an_event_takes_a_show_where_the_table_says_and_nowhere_else(
    api: Api, owner: Owner, creator: Person, show: str, buyers: list[Person],
    status: str, event: str,
) -> None:  # fmt: skip
    ticket(api, show, buyers[0])
    bring_to(api, show, creator, status)
    before = contents(owner)

    refusal = attempt(api, owner, show, creator, event)

    seen = detail(api, show, creator)["status"]
    if (status, event) in LEGAL:
        assert (refusal, seen) == (None, LEADS_TO[event])
    elif LEADS_TO[event] == status:
        assert (refusal, seen) == (None, status)
    else:
        assert refusal == ("show_not_live" if event == "end" else "show_not_scheduled")
        assert (seen, contents(owner)) == (status, before)


ILLEGAL = {*product(STATUSES, STATUSES)} - {
    *((status, status) for status in STATUSES),
    *((status, LEADS_TO[event]) for status, event in LEGAL),
}


@pytest.mark.parametrize(("status", "other"), sorted(ILLEGAL))
def test_no_statement_whatever_takes_a_show_another_way(
    api: Api, owner: Owner, creator: Person, show: str, status: str, other: str
) -> None:
    bring_to(api, show, creator, status)

    with pytest.raises(errors.CheckViolation, match=f"from {status} to {other}"):
        owner.execute("update shows set status = %s where id = %s", (other, show))


# The platform's own way: what it cuts short, nobody is paid for


def withdraw(owner: Owner, creator: Person) -> int:
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

    assert withdraw(owner, creator) == 3

    for show in (live, scheduled, private):
        shown = detail(api, show, buyers[0])
        assert (shown["status"], shown["cancelReason"]) == ("cancelled", "withdraw")
        assert escrow_of(owner, show) == 0
    assert (balance_of(api, buyers[0]), balance_of(api, creator)) == (100, 0)
    assert withdraw(owner, creator) == 0


def test_what_a_creator_has_earned_before_stays_theirs(
    api: Api, owner: Owner, creator: Person, live: str, buyers: list[Person]
) -> None:
    ticket(api, live, buyers[0])
    end(api, live, creator)

    assert withdraw(owner, creator) == 0
    assert (balance_of(api, creator), balance_of(api, buyers[0])) == (30, 70)
