"""Following and blocking. The database refuses what must not be (migration `relations`)."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data.errors import DataError
from limelight.data.rest import Row
from limelight.errors import Problem
from limelight.paging import Keyset, PageRequest
from limelight.relations import queries
from limelight.relations.models import BlockedUser, BlockedUsers, Blocking, Following

UNIQUE_VIOLATION: Final = "23505"
FOREIGN_KEY_VIOLATION: Final = "23503"
CHECK_VIOLATION: Final = "23514"

NEWEST_FIRST: Final = Keyset("relations.blocked", tuple[AwareDatetime, UUID])


def follow(token: str, followee_id: UUID) -> Following:
    """The caller follows a user: not themselves, not across a block, not twice."""
    try:
        queries.follow(token, followee_id)
    except DataError as error:
        raise _refusal(error, twice="already_following", oneself="self_follow") from error
    return Following(user_id=followee_id, is_following=True)


def unfollow(token: str, follower_id: UUID, followee_id: UUID) -> Following:
    """The caller follows a user no longer (`not_following`)."""
    if queries.unfollow(token, follower_id, followee_id) is None:
        raise Problem("not_following")
    return Following(user_id=followee_id, is_following=False)


def block(token: str, blocked_id: UUID) -> Blocking:
    """The caller blocks a user, once; neither follows the other any more."""
    try:
        queries.block(token, blocked_id)
    except DataError as error:
        raise _refusal(error, twice="already_blocked", oneself="self_block") from error
    return Blocking(user_id=blocked_id, is_blocked=True)


def unblock(token: str, blocker_id: UUID, blocked_id: UUID) -> Blocking:
    """The caller blocks a user no longer (`not_blocked`)."""
    if queries.unblock(token, blocker_id, blocked_id) is None:
        raise Problem("not_blocked")
    return Blocking(user_id=blocked_id, is_blocked=False)


def blocked(token: str, blocker_id: UUID, page: PageRequest) -> BlockedUsers:
    """Whom the caller has blocked, newest first."""
    rows = queries.blocked(token, blocker_id, page.after(NEWEST_FIRST), page.probe)
    shown, last = page.split(rows)
    return BlockedUsers(
        users=[_blocked_user(row) for row in shown],
        next_cursor=NEWEST_FIRST.cursor((last["created_at"], last["blocked_id"])) if last else None,
    )


def _refusal(error: DataError, *, twice: str, oneself: str) -> Exception:
    """What a constraint's refusal of a pair means; anything else is as the database says."""
    means = {UNIQUE_VIOLATION: twice, CHECK_VIOLATION: oneself, FOREIGN_KEY_VIOLATION: "not_found"}
    return Problem(means[error.code]) if error.code in means else error


def _blocked_user(row: Row) -> BlockedUser:
    return BlockedUser.model_validate(
        row | {"id": row["blocked_id"], "blocked_at": row["created_at"]}
    )
