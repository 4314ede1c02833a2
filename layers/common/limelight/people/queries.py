"""Every table and function that the account endpoints reach over REST, under the caller's token."""

from typing import Any, Final
from uuid import UUID

from limelight.data import user
from limelight.data.rest import Row

_PROFILE: Final = (
    "username,display_name,bio,avatar_url,banner_url,location,website,twitter_handle,"
    "instagram_handle,is_creator_verified,follower_count,following_count,updated_at"
)
_ACCOUNT: Final = "id,email,role,created_at"
_SETTINGS: Final = (
    "call_rate_per_minute,minimum_call_duration,is_available_for_calls,auto_accept_calls,"
    "message_rate"
)
_WALLET: Final = "balance,held_balance,available_balance"


def check_username(candidate: str) -> dict[str, Any]:
    """`{available, reason, suggestions}` of a user name (function `check_username`)."""
    answer: dict[str, Any] = user.call(
        "people.check_username", user.door(None).rpc("check_username", {"candidate": candidate})
    )
    return answer


def own_account(token: str, user_id: UUID) -> Row | None:
    """The caller's account with `profile` embedded."""
    return user.fetch_one(
        "people.own_account",
        user.door(token)
        .table("users")
        .select(f"{_ACCOUNT},profile:profiles({_PROFILE})")
        .eq("id", str(user_id))
        .limit(1),
    )


def own_account_and_wallet(token: str, user_id: UUID) -> Row | None:
    """The caller's account with `profile` and `wallet` embedded."""
    return user.fetch_one(
        "people.own_account_and_wallet",
        user.door(token)
        .table("users")
        .select(f"{_ACCOUNT},profile:profiles({_PROFILE}),wallet:balances({_WALLET})")
        .eq("id", str(user_id))
        .limit(1),
    )


def update_profile(token: str, user_id: UUID, changes: dict[str, Any]) -> Row | None:
    """Changes the caller's profile; answers it with `account` embedded, or None if it may not."""
    return user.fetch_one(
        "people.update_profile",
        user.door(token)
        .table("profiles")
        .update(changes)
        .eq("user_id", str(user_id))
        .select(f"{_PROFILE},account:users({_ACCOUNT})"),
    )


def username_status(token: str) -> dict[str, Any] | None:
    """What the caller may still do about their user name; None when they may not act."""
    answer: dict[str, Any] | None = user.call(
        "people.username_status", user.door(token).rpc("username_status", {})
    )
    return answer


def change_username(token: str, candidate: str) -> dict[str, Any]:
    """Gives the caller another user name; answers as `username_status` afterwards."""
    answer: dict[str, Any] = user.call(
        "people.change_username", user.door(token).rpc("change_username", {"candidate": candidate})
    )
    return answer


def creator_settings(token: str, user_id: UUID) -> Row | None:
    """The caller's settings as a creator."""
    return user.fetch_one(
        "people.creator_settings",
        user.door(token).table("creator_settings").select(_SETTINGS).eq("user_id", str(user_id)),
    )


def update_settings(token: str, user_id: UUID, changes: dict[str, Any]) -> Row | None:
    """Changes the caller's settings as a creator; None when they may not."""
    return user.fetch_one(
        "people.update_settings",
        user.door(token)
        .table("creator_settings")
        .update(changes)
        .eq("user_id", str(user_id))
        .select(_SETTINGS),
    )


def latest_application(token: str, user_id: UUID) -> Row | None:
    """The caller's newest creator application."""
    return user.fetch_one(
        "people.latest_application",
        user.door(token)
        .table("creator_applications")
        .select("*")
        .eq("user_id", str(user_id))
        .order("created_at", desc=True)
        .order("id", desc=True)
        .limit(1),
    )


def apply(token: str, application: dict[str, Any]) -> Row | None:
    """Files an application in the caller's name."""
    return user.fetch_one(
        "people.apply", user.door(token).table("creator_applications").insert(application)
    )


def sign_up(email: str, password: str, username: str, display_name: str) -> Any:
    """Makes the account in Supabase Auth; the database makes its row, profile and wallet with it.

    Answers supabase-py's AuthResponse. Raises DataError with Auth's code, `auth:…`.
    """
    from limelight.data import auth  # by nobody else: see there

    with user.observed("people.sign_up"), auth.client(user.door(None)) as client:
        return client.sign_up(
            {
                "email": email,
                "password": password,
                "options": {"data": {"username": username, "display_name": display_name}},
            }
        )
