"""What the admin desk takes and answers."""

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, Strict

from limelight.people.models import Application
from limelight.schema import (
    MINI_USER,
    Input,
    JsonObject,
    Line,
    MiniUser,
    Output,
    Text,
    Timestamp,
    example,
)

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


Role = Literal["fan", "creator", "admin"]
Status = Literal["active", "suspended", "deleted"]
Search = Annotated[Text, Field(min_length=1, max_length=100)]

_USER: Final[JsonObject] = MINI_USER | {
    "email": "nova@example.com",
    "role": "creator",
    "status": "active",
    "suspendedAt": None,
    "suspensionReason": None,
    "isCreatorVerified": True,
    "followerCount": 1200,
    "createdAt": "2026-01-02T10:00:00Z",
}


class DeskUser(MiniUser):
    """A user as the admin desk sees them."""

    model_config = example(**_USER)

    email: str
    role: Role
    status: Status
    suspended_at: Timestamp | None
    suspension_reason: str | None
    is_creator_verified: bool
    follower_count: int
    created_at: Timestamp


class Users(Output):
    """A page of users, newest first."""

    model_config = example(users=[_USER], nextCursor=None)

    users: list[DeskUser]
    next_cursor: str | None


class RoleRequest(Input):
    """The role to give."""

    model_config = example(role="creator")

    role: Role


class VerificationRequest(Input):
    """Whether the creator is who they claim to be: said outright, never toggled."""

    model_config = example(isVerified=True)

    is_verified: Annotated[bool, Strict()]


class SuspensionRequest(Input):
    """What to do, and why: the reason is kept with the account and in the audit log."""

    model_config = example(action="suspend", reason="Spam in several chats")

    action: Literal["suspend", "unsuspend"]
    reason: Annotated[Line, Field(max_length=500)]


class Stats(Output):
    """How many there are now."""

    model_config = example(
        users=5200,
        activeUsers=5100,
        suspendedUsers=60,
        deletedUsers=40,
        creators=310,
        admins=3,
        signUpsToday=42,
        pendingApplications=7,
        liveStreams=12,
        currentViewers=840,
        openPayouts=5,
    )

    users: int
    active_users: int
    suspended_users: int
    deleted_users: int
    creators: int
    admins: int
    sign_ups_today: int
    pending_applications: int
    live_streams: int
    current_viewers: int
    open_payouts: int


class SignUps(Output):
    """The sign-ups of one UTC day."""

    day: date
    count: int


class Roles(Output):
    """Accounts by role, deleted ones left out."""

    fan: int
    creator: int
    admin: int


class ApplicationCounts(Output):
    """Applications by status."""

    pending: int
    approved: int
    rejected: int


class Analytics(Output):
    """Thirty UTC days of sign-ups, today last. `growthPercent` compares them with the thirty days
    before, and is null when nobody signed up then."""

    model_config = example(
        signUps=[{"day": "2026-01-15", "count": 42}],
        roles={"fan": 4800, "creator": 310, "admin": 3},
        applications={"pending": 7, "approved": 320, "rejected": 55},
        signUpsInPeriod=1260,
        signUpsBefore=900,
        growthPercent=40.0,
    )

    sign_ups: list[SignUps]
    roles: Roles
    applications: ApplicationCounts
    sign_ups_in_period: int
    sign_ups_before: int
    growth_percent: float | None


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
