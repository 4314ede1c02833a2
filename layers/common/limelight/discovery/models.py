"""What the endpoints of discovery answer."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from limelight.schema import (
    MINI_USER,
    SOME_STREAM,
    Coins,
    JsonObject,
    Line,
    MiniUser,
    Output,
    Timestamp,
    example,
)

Filter = Literal["online", "new", "live"]
Words = Annotated[Line, Field(max_length=50)]

_CARD: Final[JsonObject] = MINI_USER | {
    "bio": "Piano, mostly at night",
    "isCreatorVerified": True,
    "followerCount": 1200,
}
_LIVE: Final[JsonObject] = {
    "id": SOME_STREAM,
    "title": "Late-night piano",
    "privacy": "public",
    "currentViewers": 12,
    "startedAt": "2026-01-15T20:00:00Z",
}


class FollowCard(MiniUser):
    """A user in a list of people."""

    bio: str | None
    is_creator_verified: bool
    follower_count: int


class FollowCards(Output):
    """A page of users, whose edge is newest first."""

    model_config = example(users=[_CARD], nextCursor=None)

    users: list[FollowCard]
    next_cursor: str | None


class LiveStream(Output):
    """What a creator is streaming now."""

    id: UUID
    title: str
    privacy: Literal["public", "followers", "ticketed"]
    current_viewers: int
    started_at: Timestamp


class RankedCreator(FollowCard):
    """A creator in explore. `category` is that of their latest stream; online is who can be reached
    now: live, or available for calls."""

    category: str | None
    is_live: bool
    is_online: bool
    is_new: bool
    live_stream: LiveStream | None


class Explore(Output):
    """A page of creators, highest rank first."""

    model_config = example(
        creators=[
            _CARD
            | {
                "category": "music",
                "isLive": True,
                "isOnline": True,
                "isNew": False,
                "liveStream": _LIVE,
            }
        ],
        nextCursor=None,
    )

    creators: list[RankedCreator]
    next_cursor: str | None


class CallSettings(Output):
    """What a call with a creator costs: coins a minute, and minutes at least."""

    call_rate_per_minute: Coins
    minimum_call_duration: int
    is_available_for_calls: bool


class NextShow(Output):
    """A creator's next public show; the ticket's price in coins."""

    id: UUID
    title: str
    show_type: str
    ticket_price: Coins
    scheduled_start: Timestamp


class Profile(FollowCard):
    """What anybody may see of a user. `callSettings` are a creator's; `isFollowing` and
    `isBlocked` tell how the caller stands to them."""

    model_config = example(
        **_CARD,
        bannerUrl=None,
        location="Lisbon",
        website="https://nova.example.com",
        twitterHandle=None,
        instagramHandle="nova",
        role="creator",
        followingCount=34,
        createdAt="2026-01-02T10:00:00Z",
        isFollowing=True,
        isBlocked=False,
        callSettings={
            "callRatePerMinute": 25,
            "minimumCallDuration": 5,
            "isAvailableForCalls": True,
        },
        liveStream=_LIVE,
        nextShow=None,
    )

    banner_url: str | None
    location: str | None
    website: str | None
    twitter_handle: str | None
    instagram_handle: str | None
    role: Literal["fan", "creator", "admin"]
    following_count: int
    created_at: Timestamp
    is_following: bool
    is_blocked: bool
    call_settings: CallSettings | None
    live_stream: LiveStream | None
    next_show: NextShow | None
