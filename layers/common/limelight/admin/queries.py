"""Every table and function that the admin desk reaches over REST, with the secret key."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from limelight.data import admin
from limelight.data.rest import Row

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


def approve(application_id: UUID, reviewer_id: UUID, request_id: str) -> dict[str, Any]:
    """Approves an application in one transaction (function `approve_creator_application`)."""
    answer: dict[str, Any] = admin.call(
        "admin.approve_application",
        admin.door().rpc(
            "approve_creator_application",
            {
                "application_id": str(application_id),
                "reviewer_id": str(reviewer_id),
                "request_id": request_id,
            },
        ),
    )
    return answer
