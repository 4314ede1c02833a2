"""Calls in any status, made as the product makes them."""

from typing import Final

from tests.database.conftest import ANN, CLEO, Connection

HOW: Final[dict[str, list[str]]] = {
    "pending": [],
    "accepted": ["private.accept_call(%(call)s, %(creator)s)"],
    "active": [
        "private.accept_call(%(call)s, %(creator)s)",
        "private.start_call(%(call)s, %(fan)s)",
        "private.start_call(%(call)s, %(creator)s)",
    ],
    "completed": [
        "private.accept_call(%(call)s, %(creator)s)",
        "private.start_call(%(call)s, %(fan)s)",
        "private.start_call(%(call)s, %(creator)s)",
        "ledger.end_call(%(call)s, %(fan)s, 'end', 'h', 'q')",
    ],
    "rejected": ["ledger.reject_call(%(call)s, %(creator)s, 'reject', 'h', 'q')"],
    "cancelled": ["ledger.cancel_call(%(call)s, %(fan)s, 'cancel', 'h', 'q')"],
}
"""What brings a pending call into each status; one is missed when its time has passed."""


def call_in(connection: Connection, status: str) -> str:
    """A new call of Ann's to Cleo in this status."""
    row = connection.execute(
        """
        select response -> 'call' ->> 'id'
        from ledger.request_call(%s, %s, null, gen_random_uuid()::text, 'h', 'q')
        """,
        [ANN, CLEO],
    ).fetchone()
    assert row is not None
    call = str(row[0])
    if status == "missed":
        connection.execute(
            """
            update calls
            set requested_at = requested_at - interval '5 minutes',
                expires_at = requested_at
            where id = %s
            """,
            [call],
        )
        connection.execute("select ledger.expire_call(%s, 'q')", [call])
        return call
    for step in HOW[status]:
        connection.execute(f"select {step}".encode(), {"call": call, "fan": ANN, "creator": CLEO})
    return call


def status_of(connection: Connection, call: str) -> str:
    row = connection.execute("select status from calls where id = %s", [call]).fetchone()
    assert row is not None
    return str(row[0])
