"""What the admin desk takes and answers."""

from typing import Final, Literal
from uuid import UUID

from limelight.people.models import Application
from limelight.schema import MINI_USER, JsonObject, MiniUser, Output, example

ApplicationStatus = Literal["pending", "approved", "rejected"]

_REVIEWED: Final[JsonObject] = {
    "id": "5a8f4b58-88c9-4e6c-8a57-7a4d4f0e9001",
    "userId": MINI_USER["id"],
    "displayName": "Nova",
    "bio": "Pianist",
    "whyCreator": "I play every night and people ask for more",
    "contentType": "music",
    "instagramHandle": "nova",
    "twitterHandle": None,
    "website": None,
    "status": "approved",
    "reviewedAt": "2026-01-04T09:00:00Z",
    "reviewedBy": "2b0e6c0e-5cf7-4c69-9d0f-3a8a6a3f2001",
    "createdAt": "2026-01-03T18:00:00Z",
}


class Applicant(MiniUser):
    """Who applied."""

    email: str


class ReviewedApplication(Application):
    """An application and who reviewed it."""

    model_config = example(**_REVIEWED)

    reviewed_by: UUID | None


class ApplicationWithApplicant(ReviewedApplication):
    """An application with its applicant embedded."""

    applicant: Applicant


class Applications(Output):
    """A page of applications, newest first."""

    model_config = example(
        applications=[_REVIEWED | {"applicant": MINI_USER | {"email": "nova@example.com"}}],
        nextCursor=None,
    )

    applications: list[ApplicationWithApplicant]
    next_cursor: str | None
