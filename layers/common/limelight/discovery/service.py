"""Discovery: who is found, in which order, and what a stranger sees of them."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data import system
from limelight.discovery import queries
from limelight.discovery.models import (
    Explore,
    Filter,
    FollowCard,
    FollowCards,
    Profile,
    RankedCreator,
)
from limelight.errors import Problem
from limelight.paging import Int32, Keyset, PageRequest
from limelight.schema import UserId

BY_RANK: Final = Keyset("discovery.explore", tuple[Int32, UUID])
FOLLOWERS_NEWEST_FIRST: Final = Keyset("discovery.followers", tuple[AwareDatetime, UUID])
FOLLOWING_NEWEST_FIRST: Final = Keyset("discovery.following", tuple[AwareDatetime, UUID])

type ByTime = Keyset[tuple[AwareDatetime, UUID]]


def explore(
    viewer_id: UserId | None,
    search: str | None,
    category: str | None,
    only: Filter | None,
    page: PageRequest,
) -> Explore:
    """Creators, highest rank first; nobody on either side of a block."""
    score, user_id = page.after(BY_RANK) or (None, None)
    rows = system.fetch_all(
        queries.EXPLORE,
        {
            "viewer_id": viewer_id,
            "search": search,
            "category": category,
            "filter": only,
            "score": score,
            "user_id": user_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Explore(
        creators=[RankedCreator.model_validate(row) for row in shown],
        next_cursor=BY_RANK.cursor((last["score"], last["id"])) if last else None,
    )


def profile(username: str, viewer_id: UserId | None) -> Profile:
    """What anybody may see of a user; one who has blocked the viewer is not there."""
    row = system.fetch_one(queries.PROFILE, {"username": username, "viewer_id": viewer_id})
    if row is None:
        raise Problem("not_found")
    return Profile.model_validate(row)


def followers(username: str, viewer_id: UserId | None, page: PageRequest) -> FollowCards:
    """Who follows a user, newest first."""
    return _edges(queries.FOLLOWERS, FOLLOWERS_NEWEST_FIRST, username, viewer_id, page)


def following(username: str, viewer_id: UserId | None, page: PageRequest) -> FollowCards:
    """Whom a user follows, newest first."""
    return _edges(queries.FOLLOWING, FOLLOWING_NEWEST_FIRST, username, viewer_id, page)


def refresh_ranks() -> int:
    """Brings every creator's rank up to date; answers how many were not."""
    row = system.fetch_one(queries.REFRESH_RANKS)
    return int(row["done"]) if row else 0


def _edges(
    query: system.Query,
    newest_first: ByTime,
    username: str,
    viewer_id: UserId | None,
    page: PageRequest,
) -> FollowCards:
    followed_at, last_id = page.after(newest_first) or (None, None)
    rows = system.fetch_all(
        query,
        {
            "username": username,
            "viewer_id": viewer_id,
            "followed_at": followed_at,
            "id": last_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return FollowCards(
        users=[FollowCard.model_validate(row) for row in shown],
        next_cursor=newest_first.cursor((last["followed_at"], last["id"])) if last else None,
    )
