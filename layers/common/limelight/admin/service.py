"""The admin desk. The kernel has checked that the caller is an active admin."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.admin import queries
from limelight.admin.models import (
    Applicant,
    Applications,
    ApplicationStatus,
    ApplicationWithApplicant,
    ReviewedApplication,
)
from limelight.data.rest import Row
from limelight.paging import Keyset, PageRequest
from limelight.schema import UserId

NEWEST_FIRST: Final = Keyset("admin.applications", tuple[AwareDatetime, UUID])


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


def _with_applicant(row: Row) -> ApplicationWithApplicant:
    applicant = row["applicant"]
    shown = Applicant.model_validate(applicant | applicant["profile"])
    return ApplicationWithApplicant.model_validate(row | {"applicant": shown})
