"""Accounts for `rest` functions: the caller's own row, under their own token."""

from uuid import UUID

from limelight.data import user
from limelight.data.errors import DataError
from limelight.errors import Problem
from limelight.http.accounts import Account
from limelight.schema import UserId


def find(user_id: UUID, token: str) -> Account | None:
    """The caller's account; None when there is none."""
    try:
        row = user.fetch_one(
            "accounts.find",
            user.door(token)
            .table("users")
            .select("id,role,status")
            .eq("id", str(user_id))
            .limit(1),
        )
    except DataError as error:
        if error.code.startswith("PGRST30"):
            raise Problem("token_invalid", headers={"WWW-Authenticate": "Bearer"}) from None
        raise
    return Account(UserId(UUID(row["id"])), row["role"], row["status"]) if row else None
