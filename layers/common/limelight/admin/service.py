"""The admin desk. The kernel has checked that the caller is an active admin."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.admin import queries
from limelight.admin.models import (
    Analytics,
    Applicant,
    Applications,
    ApplicationStatus,
    ApplicationWithApplicant,
    DeskUser,
    ReviewedApplication,
    Role,
    Stats,
    Status,
    SuspensionRequest,
    Users,
    VerificationRequest,
)
from limelight.data.rest import Row
from limelight.paging import Keyset, PageRequest
from limelight.schema import UserId

NEWEST_FIRST: Final = Keyset("admin.applications", tuple[AwareDatetime, UUID])
USERS_NEWEST_FIRST: Final = Keyset("admin.users", tuple[AwareDatetime, UUID])


def applications(status: ApplicationStatus | None, page: PageRequest) -> Applications:
    """Creator applications, newest first."""
    rows = queries.applications(status, page.after(NEWEST_FIRST), page.probe)
    shown, last = page.split(rows)
    return Applications(
        applications=[_with_applicant(row) for row in shown],
        next_cursor=NEWEST_FIRST.cursor((last["created_at"], last["id"])) if last else None,
    )


def approve(application_id: UUID, reviewer_id: UserId, request_id: str) -> ReviewedApplication:
    """Makes the applicant a verified creator, once (`application_reviewed`)."""
    return ReviewedApplication.model_validate(
        queries.approve(application_id, reviewer_id, request_id)
    )


def reject(application_id: UUID, reviewer_id: UserId, request_id: str) -> ReviewedApplication:
    """Turns an application down, once (`application_reviewed`)."""
    return ReviewedApplication.model_validate(
        queries.reject(application_id, reviewer_id, request_id)
    )


def users(role: Role | None, status: Status | None, search: str | None, page: PageRequest) -> Users:
    """Accounts by any of role, status and a search, newest first."""
    rows = queries.users(role, status, search, page.after(USERS_NEWEST_FIRST), page.probe)
    shown, last = page.split(rows)
    return Users(
        users=[DeskUser.model_validate(row) for row in shown],
        next_cursor=(USERS_NEWEST_FIRST.cursor((last["created_at"], last["id"])) if last else None),
    )


def set_role(user_id: UUID, role: Role, admin_id: UserId, request_id: str) -> DeskUser:
    """Gives an account a role; one active admin is always left (`last_admin`)."""
    row = queries.set_role(user_id, role, _actor(admin_id, request_id))
    return DeskUser.model_validate(row)


def verify(
    user_id: UUID, request: VerificationRequest, admin_id: UserId, request_id: str
) -> DeskUser:
    """Says whether a creator is who they claim to be."""
    actor = _actor(admin_id, request_id)
    row = queries.verify(user_id, actor, is_verified=request.is_verified)
    return DeskUser.model_validate(row)


def suspend(
    user_id: UUID, request: SuspensionRequest, admin_id: UserId, request_id: str
) -> DeskUser:
    """Suspends an account other than one's own, or lets it back in."""
    act = queries.suspend if request.action == "suspend" else queries.unsuspend
    row = act(user_id, request.reason, _actor(admin_id, request_id))
    return DeskUser.model_validate(row)


def delete(user_id: UUID, admin_id: UserId, request_id: str) -> DeskUser:
    """Deletes an account softly: who it was is gone, what it paid and earned stays."""
    return DeskUser.model_validate(queries.delete_user(user_id, _actor(admin_id, request_id)))


def stats() -> Stats:
    """How many there are of what the desk looks after."""
    return Stats.model_validate(queries.stats())


def analytics() -> Analytics:
    """Sign-ups by day, roles, applications and growth."""
    return Analytics.model_validate(queries.analytics())


def _actor(admin_id: UserId, request_id: str) -> queries.Actor:
    return {"admin_id": str(admin_id), "request_id": request_id}


def _with_applicant(row: Row) -> ApplicationWithApplicant:
    applicant = row["applicant"]
    shown = Applicant.model_validate(applicant | applicant["profile"])
    return ApplicationWithApplicant.model_validate(row | {"applicant": shown})
