"""The checks of the calls find what they are there to find: each is broken on purpose."""

from typing import LiteralString

import pytest

from tests.database.calling import call_in
from tests.database.conftest import ANN, Connection

DAMAGE: dict[str, tuple[str, LiteralString]] = {
    "a call is billed once": (
        "completed",
        """
        insert into transfers
          (operation, actor_id, idempotency_key, subject_type, subject_id, request_id)
        select operation, actor_id, 'again', subject_type, subject_id, request_id
        from transfers
        where subject_id = %(call)s
        """,
    ),
    "a call is charged what was paid for it": (
        "completed",
        """
        update calls
        set charged = charged + 1,
            billed_minutes = billed_minutes + 1
        where id = %(call)s
        """,
    ),
    "a call's creator and the platform have what was paid": (
        "completed",
        """
        update calls
        set creator_id = (select id from users where role = 'admin')
        where id = %(call)s
        """,
    ),
    "a closed call holds no coins": (
        "cancelled",
        "update holds set status = 'active', closed_at = null where subject_id = %(call)s",
    ),
    "an open call has its hold": (
        "accepted",
        "update holds set status = 'released', closed_at = now() where subject_id = %(call)s",
    ),
    "an active call is covered by its hold": (
        "active",
        "update calls set covered_until = covered_until + interval '1 minute' where id = %(call)s",
    ),
}
"""What a call must be for each invariant to be broken, and the statement that breaks it."""


@pytest.mark.parametrize("invariant", DAMAGE)
def test_a_broken_invariant_is_found(quiet: Connection, invariant: str) -> None:
    status, statement = DAMAGE[invariant]
    call = call_in(quiet, status)
    assert quiet.execute("select * from ledger.call_violations()").fetchall() == []
    quiet.execute("set local session_replication_role = replica")

    quiet.execute(statement, {"call": call})

    found = quiet.execute("select invariant, subject from ledger.call_violations()").fetchall()
    assert found == [(invariant, call)]


@pytest.mark.parametrize(
    "status",
    ["pending", "accepted", "active", "completed", "rejected", "cancelled", "missed"],
)
def test_a_call_that_nobody_broke_is_sound(quiet: Connection, status: str) -> None:
    call_in(quiet, status)

    assert quiet.execute("select * from ledger.call_violations()").fetchall() == []


def test_a_bill_that_was_given_back_is_still_one_bill(quiet: Connection) -> None:
    call = call_in(quiet, "completed")

    quiet.execute(
        """
        select ledger.reverse(c.transfer_id, 'wallet_adjustment', 'refund', %s, 'back', 'q')
        from calls c
        where c.id = %s
        """,
        [ANN, call],
    )

    assert quiet.execute("select * from ledger.call_violations()").fetchall() == []
