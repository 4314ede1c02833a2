"""Every table and function that the admin desk reaches over REST, with the secret key."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from limelight.data import admin
from limelight.data.rest import Executable, Row

type Actor = dict[str, str]
"""Who does it, for the audit log: `{admin_id, request_id}`."""

_APPLICANT: Final = (
    "applicant:users!creator_applications_user_id_fkey"
    "(id,email,profile:profiles(username,display_name,avatar_url))"
)


def applications(status: str | None, before: tuple[datetime, UUID] | None, limit: int) -> list[Row]:
    """Applications with their `applicant`, newest first, of one status when it is given."""
    request = (
        admin.door()
        .table("creator_applications")
        .select(f"*,{_APPLICANT}")
        .order("created_at", desc=True)
        .order("id", desc=True)
        .limit(limit)
    )
    if status is not None:
        request = request.eq("status", status)
    if before is not None:
        created_at, last_id = before[0].isoformat(), before[1]
        request = request.or_(
            f'created_at.lt."{created_at}",and(created_at.eq."{created_at}",id.lt.{last_id})'
        )
    return admin.fetch_all("admin.applications", request)


def users(
    role: str | None,
    status: str | None,
    search: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Row]:
    """Users, newest first (function `desk_users`); every filter is a parameter."""
    created_at, last_id = before or (None, None)
    params: dict[str, Any] = {
        "role": role,
        "status": status,
        "search": search,
        "before_created_at": str(created_at) if created_at else None,
        "before_id": str(last_id) if last_id else None,
        "page": limit,
    }
    return admin.fetch_all("admin.users", admin.door().rpc("desk_users", params))


def set_role(user_id: UUID, role: str, by: Actor) -> Row:
    """Gives an account a role (function `desk_set_role`); answers the user, as all that follow."""
    params = {"user_id": str(user_id), "role": role, **by}
    return _row("admin.set_role", admin.door().rpc("desk_set_role", params))


def verify(user_id: UUID, by: Actor, *, is_verified: bool) -> Row:
    """Marks a creator as verified, or not (function `desk_verify`)."""
    params: dict[str, Any] = {"user_id": str(user_id), "is_verified": is_verified, **by}
    return _row("admin.verify_user", admin.door().rpc("desk_verify", params))


def suspend(user_id: UUID, reason: str, by: Actor) -> Row:
    """Suspends an account (function `desk_suspend`)."""
    params = {"user_id": str(user_id), "reason": reason, **by}
    return _row("admin.suspend_user", admin.door().rpc("desk_suspend", params))


def unsuspend(user_id: UUID, reason: str, by: Actor) -> Row:
    """Lets an account back in (function `desk_unsuspend`)."""
    params = {"user_id": str(user_id), "reason": reason, **by}
    return _row("admin.unsuspend_user", admin.door().rpc("desk_unsuspend", params))


def delete_user(user_id: UUID, by: Actor) -> Row:
    """Deletes an account softly (function `desk_delete_user`)."""
    params = {"user_id": str(user_id), **by}
    return _row("admin.delete_user", admin.door().rpc("desk_delete_user", params))


def stats() -> Row:
    """Counts of what the desk looks after (function `desk_stats`)."""
    return _row("admin.stats", admin.door().rpc("desk_stats", {}))


def analytics() -> Row:
    """Sign-ups, roles, applications and growth (function `desk_analytics`)."""
    return _row("admin.analytics", admin.door().rpc("desk_analytics", {}))


def reject(application_id: UUID, reviewer_id: UUID, request_id: str) -> Row:
    """Turns an application down (function `reject_creator_application`)."""
    params = _review(application_id, reviewer_id, request_id)
    return _row("admin.reject_application", admin.door().rpc("reject_creator_application", params))


def approve(application_id: UUID, reviewer_id: UUID, request_id: str) -> Row:
    """Approves an application in one transaction (function `approve_creator_application`)."""
    params = _review(application_id, reviewer_id, request_id)
    return _row(
        "admin.approve_application", admin.door().rpc("approve_creator_application", params)
    )


def _review(application_id: UUID, reviewer_id: UUID, request_id: str) -> dict[str, str]:
    return {
        "application_id": str(application_id),
        "reviewer_id": str(reviewer_id),
        "request_id": request_id,
    }


def _row(name: str, request: Executable) -> Row:
    answer: Row = admin.call(name, request)
    return answer
