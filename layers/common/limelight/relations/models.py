"""What the endpoints of following and blocking take and answer."""

from uuid import UUID

from limelight.schema import MINI_USER, Input, MiniUser, Output, Timestamp, example


class Following(Output):
    """Whether the caller follows a user now."""

    model_config = example(userId=MINI_USER["id"], isFollowing=True)

    user_id: UUID
    is_following: bool


class BlockRequest(Input):
    """Whom to block, or to unblock."""

    model_config = example(userId=MINI_USER["id"])

    user_id: UUID


class Blocking(Output):
    """Whether the caller has blocked a user now."""

    model_config = example(userId=MINI_USER["id"], isBlocked=True)

    user_id: UUID
    is_blocked: bool


class BlockedUser(MiniUser):
    """Somebody whom the caller has blocked, and since when."""

    blocked_at: Timestamp


class BlockedUsers(Output):
    """A page of the users whom the caller has blocked, newest first."""

    model_config = example(
        users=[MINI_USER | {"blockedAt": "2026-01-09T12:00:00Z"}], nextCursor=None
    )

    users: list[BlockedUser]
    next_cursor: str | None
