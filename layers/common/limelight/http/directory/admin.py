"""Accounts for the admin desk, read with the secret key."""

from uuid import UUID

from limelight.data import admin
from limelight.http.accounts import Account
from limelight.schema import UserId


def find(user_id: UUID, token: str) -> Account | None:  # noqa: ARG001 - the key decides, not the token
    """The caller's account; None when there is none."""
    row = admin.fetch_one(
        "accounts.find",
        admin.door().table("users").select("id,role,status").eq("id", str(user_id)).limit(1),
    )
    return Account(UserId(UUID(row["id"])), row["role"], row["status"]) if row else None
