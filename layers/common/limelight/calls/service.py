"""Paid calls. What must hold under concurrency, and when, is decided in the migrations.

They are `calls`, `call_moves` and `call_bills`; docs/calls.md tells them as a story.
"""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.calls import queries
from limelight.calls.models import (
    Call,
    CallRequest,
    CallRequested,
    Calls,
    PendingCall,
    PendingCalls,
)
from limelight.data import system
from limelight.data.errors import DataError
from limelight.errors import Problem
from limelight.money import ledger
from limelight.money.once import Once, Receipt
from limelight.paging import Keyset, PageRequest
from limelight.schema import CallId, UserId

SWEEP_BATCH: Final = 500
"""Calls that one run of a sweep sees to at most."""

OLDEST_FIRST: Final = Keyset("calls.pending", tuple[AwareDatetime, UUID])
NEWEST_FIRST: Final = Keyset("calls.history", tuple[AwareDatetime, UUID])


def request(fan_id: UserId, wish: CallRequest, once: Once) -> Receipt[CallRequested]:
    """Asks a creator for a call and sets the coins for it aside, once.

    A fan has one open call at a time (`call_open`, with its id).
    """
    receipt = ledger.request_call(fan_id, wish.creator_id, wish.estimated_minutes, once)
    return Receipt(CallRequested.model_validate(receipt.answer), receipt.replayed)


def get(call_id: CallId, caller_id: UserId) -> Call:
    """One call, for its parties."""
    row = system.fetch_one(queries.GET, {"call_id": call_id, "caller_id": caller_id})
    return Call.model_validate(_found(row))


def pending(creator_id: UserId, page: PageRequest) -> PendingCalls:
    """The calls that wait for the creator's answer, the one that waits longest first."""
    requested_at, call_id = page.after(OLDEST_FIRST) or (None, None)
    rows = system.fetch_all(
        queries.PENDING,
        {
            "creator_id": creator_id,
            "requested_at": requested_at,
            "id": call_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return PendingCalls(
        calls=[PendingCall.model_validate(row) for row in shown],
        next_cursor=OLDEST_FIRST.cursor((last["requested_at"], last["id"])) if last else None,
    )


def history(user_id: UserId, page: PageRequest) -> Calls:
    """Every call that the user made or was asked for, newest first."""
    requested_at, call_id = page.after(NEWEST_FIRST) or (None, None)
    rows = system.fetch_all(
        queries.HISTORY,
        {"user_id": user_id, "requested_at": requested_at, "id": call_id, "limit": page.probe},
    )
    shown, last = page.split(rows)
    return Calls(
        calls=[Call.model_validate(row) for row in shown],
        next_cursor=NEWEST_FIRST.cursor((last["requested_at"], last["id"])) if last else None,
    )


def accept(call_id: CallId, caller_id: UserId) -> Call:
    """The creator takes a pending call; accepting it again changes nothing."""
    return _moved(queries.ACCEPT, call_id, caller_id)


def start(call_id: CallId, caller_id: UserId) -> Call:
    """The caller is in the room; billing starts when both are, and starts once."""
    return _moved(queries.START, call_id, caller_id)


def reject(call_id: CallId, caller_id: UserId, once: Once) -> Receipt[Call]:
    """The creator turns a pending call down."""
    return _closed(ledger.reject_call(call_id, caller_id, once))


def cancel(call_id: CallId, caller_id: UserId, once: Once) -> Receipt[Call]:
    """A party calls off a call that has not started."""
    return _closed(ledger.cancel_call(call_id, caller_id, once))


def end(call_id: CallId, caller_id: UserId, once: Once) -> Receipt[Call]:
    """A party hangs up: what was active is billed, what never started is cancelled."""
    return _closed(ledger.end_call(call_id, caller_id, once))


def expire_overdue() -> int:
    """The sweep: closes the calls that are past their time; answers how many."""
    return _each(queries.OVERDUE, lambda call_id: ledger.expire_call(call_id, "expire_calls"))


def extend_running_out() -> int:
    """The sweep: covers active calls for the next minute, or ends them; answers how many."""
    return _each(queries.RUNNING_OUT, lambda call_id: ledger.extend_call(call_id, "extend_calls"))


def _each(due: system.Query, see_to: Callable[[CallId], bool]) -> int:
    """Sees to each call in a transaction of its own: one that fails keeps no other waiting.

    What failed is raised when all are done, so that the run counts as failed.
    """
    done = 0
    failures: list[DataError] = []
    for row in system.fetch_all(due, {"batch": SWEEP_BATCH}):
        try:
            done += see_to(CallId(row["id"]))
        except DataError as failure:
            failures.append(failure)
    if failures:
        raise ExceptionGroup("some calls could not be seen to", failures)
    return done


def _moved(query: system.Query, call_id: CallId, caller_id: UserId) -> Call:
    row = system.fetch_one(query, {"call_id": call_id, "caller_id": caller_id})
    return Call.model_validate(_found(row)["call"])


def _closed(receipt: Receipt[ledger.Stored]) -> Receipt[Call]:
    return Receipt(Call.model_validate(receipt.answer), receipt.replayed)


def _found(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("not_found")
    return row
