"""Accounts for `sql` and `money` functions, read through the pool."""

from uuid import UUID

from limelight.data import system
from limelight.http.accounts import Account

FIND = system.Query(
    "accounts.find",
    """
    select id as user_id, role, status
    from public.users
    where id = %(user_id)s
    """,
    repeatable=True,
)


def find(user_id: UUID, token: str) -> Account | None:  # noqa: ARG001 - the pool has its own role
    """The caller's account; None when there is none."""
    row = system.fetch_one(FIND, {"user_id": user_id})
    return Account(**row) if row else None
