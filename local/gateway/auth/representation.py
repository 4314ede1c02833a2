"""Supabase Auth's JSON: users and identities as clients read them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from local.gateway.auth.database import Row

_OPTIONAL_TIMES = (
    "email_confirmed_at",
    "invited_at",
    "phone_confirmed_at",
    "confirmation_sent_at",
    "confirmed_at",
    "recovery_sent_at",
    "email_change_sent_at",
    "last_sign_in_at",
    "banned_until",
    "deleted_at",
)


def user_json(user: Row, identities: list[Row]) -> dict[str, Any]:
    """A User. Times that are unset are absent; `phone` is `""` when unset."""
    body: dict[str, Any] = {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"] or "",
        "email": user["email"] or "",
        "phone": user["phone"] or "",
        "app_metadata": user["raw_app_meta_data"] or {},
        "user_metadata": user["raw_user_meta_data"] or {},
        "identities": [identity_json(identity) for identity in identities],
        "created_at": time_json(user["created_at"]),
        "updated_at": time_json(user["updated_at"]),
        "is_anonymous": user["is_anonymous"],
    }
    body |= {name: time_json(user[name]) for name in _OPTIONAL_TIMES if user[name] is not None}
    if user["email_change"]:
        body["new_email"] = user["email_change"]
    return body


def identity_json(identity: Row) -> dict[str, Any]:
    body: dict[str, Any] = {
        "identity_id": str(identity["id"]),
        "id": identity["provider_id"],
        "user_id": str(identity["user_id"]),
        "identity_data": identity["identity_data"],
        "provider": identity["provider"],
        "created_at": time_json(identity["created_at"]),
        "updated_at": time_json(identity["updated_at"]),
    }
    if identity["last_sign_in_at"] is not None:
        body["last_sign_in_at"] = time_json(identity["last_sign_in_at"])
    if identity["email"]:
        body["email"] = identity["email"]
    return body


def made_up_user(user_id: UUID, email: str, metadata: dict[str, Any]) -> dict[str, Any]:
    """What a sign-up with an address already confirmed sees: nothing that tells it apart from
    a new account but the empty list of identities."""
    now = time_json(datetime.now(UTC))
    return {
        "id": str(user_id),
        "aud": "authenticated",
        "role": "authenticated",
        "email": email,
        "phone": "",
        "confirmation_sent_at": now,
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": metadata,
        "identities": [],
        "created_at": now,
        "updated_at": now,
        "is_anonymous": False,
    }


def time_json(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
