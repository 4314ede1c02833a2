"""Every table that following and blocking reach over REST, under the caller's token.

Row-level security leaves a caller their own rows; triggers refuse what must not be, and say why
(migration `relations`).
"""

from datetime import datetime
from uuid import UUID

from limelight.data import user
from limelight.data.rest import Row


def follow(token: str, followee_id: UUID) -> Row | None:
    """The caller follows somebody."""
    return user.fetch_one(
        "relations.follow",
        user.door(token).table("follows").insert({"followee_id": str(followee_id)}),
    )


def unfollow(token: str, follower_id: UUID, followee_id: UUID) -> Row | None:
    """The caller follows somebody no longer; None when they did not."""
    return user.fetch_one(
        "relations.unfollow",
        user.door(token)
        .table("follows")
        .delete()
        .eq("follower_id", str(follower_id))
        .eq("followee_id", str(followee_id)),
    )


def block(token: str, blocked_id: UUID) -> Row | None:
    """The caller blocks somebody."""
    return user.fetch_one(
        "relations.block",
        user.door(token).table("blocked_users").insert({"blocked_id": str(blocked_id)}),
    )


def unblock(token: str, blocker_id: UUID, blocked_id: UUID) -> Row | None:
    """The caller blocks somebody no longer; None when they did not."""
    return user.fetch_one(
        "relations.unblock",
        user.door(token)
        .table("blocked_users")
        .delete()
        .eq("blocker_id", str(blocker_id))
        .eq("blocked_id", str(blocked_id)),
    )


def blocked(
    token: str, blocker_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[Row]:
    """Whom the caller has blocked, newest first."""
    request = (
        user.door(token)
        .table("blocked_profiles")
        .select("blocked_id,created_at,username,display_name,avatar_url")
        .eq("blocker_id", str(blocker_id))
        .order("created_at", desc=True)
        .order("blocked_id", desc=True)
        .limit(limit)
    )
    if before is not None:
        created_at, last_id = before[0].isoformat(), before[1]
        request = request.or_(
            f'created_at.lt."{created_at}",and(created_at.eq."{created_at}",blocked_id.lt.{last_id})'
        )
    return user.fetch_all("relations.blocked", request)
