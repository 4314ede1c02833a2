"""What the streams endpoints take and answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from limelight.schema import (
    MINI_USER,
    Coins,
    HttpsUrl,
    Input,
    JsonObject,
    Line,
    MiniUser,
    Moment,
    Output,
    Text,
    Timestamp,
    WholeNumber,
    example,
)

Privacy = Literal["public", "followers", "ticketed"]
Status = Literal["scheduled", "live", "ended"]

_ID: Final = "9b3ce1f2-7d1c-4b7e-9f26-0d52a8a4c001"
_STREAM: Final[JsonObject] = {
    "id": _ID,
    "creator": MINI_USER,
    "title": "Late-night piano",
    "description": "Requests welcome",
    "category": "music",
    "tags": ["piano", "chill"],
    "privacy": "public",
    "ticketPrice": None,
    "thumbnailUrl": None,
    "status": "live",
    "scheduledFor": None,
    "startedAt": "2026-01-15T20:00:00Z",
    "endedAt": None,
    "currentViewers": 12,
    "peakViewers": 40,
    "totalViews": 97,
}
_DETAIL: Final[JsonObject] = _STREAM | {"totalCoins": 450, "durationSeconds": None}


MAX_AHEAD: Final = timedelta(days=366)
"""How far ahead a stream can be scheduled."""


def _not_too_far_ahead(moment: datetime) -> datetime:
    if moment - datetime.now(UTC) > MAX_AHEAD:
        raise ValueError(f"A stream can be scheduled {MAX_AHEAD.days} days ahead")
    return moment


class StreamRequest(Input):
    """A stream to open: live at once, or scheduled when `scheduledFor` lies ahead."""

    model_config = example(
        title="Late-night piano",
        description="Requests welcome",
        category="music",
        tags=["piano", "chill"],
        privacy="public",
    )

    title: Annotated[Line, Field(max_length=100)]
    description: Annotated[Text, Field(max_length=500)] | None = None
    category: Annotated[Line, Field(max_length=50)]
    tags: Annotated[list[Annotated[Line, Field(max_length=30)]], Field(max_length=10)] = Field(
        default_factory=list
    )
    privacy: Privacy = "public"
    thumbnail_url: HttpsUrl | None = None
    scheduled_for: Annotated[Moment, AfterValidator(_not_too_far_ahead)] | None = None
    ticket_price: Annotated[WholeNumber, Field(ge=1, le=100_000)] | None = None

    @model_validator(mode="after")
    def _price_only_when_ticketed(self) -> Self:
        if (self.privacy == "ticketed") != (self.ticket_price is not None):
            raise ValueError("A ticketed stream has a ticketPrice, and no other stream has one")
        return self


class Stream(Output):
    """A stream's public shape: never its room name or key."""

    model_config = example(**_STREAM)

    id: UUID
    creator: MiniUser
    title: str
    description: str | None
    category: str
    tags: list[str]
    privacy: Privacy
    ticket_price: Coins | None
    thumbnail_url: str | None
    status: Status
    scheduled_for: Timestamp | None
    started_at: Timestamp | None
    ended_at: Timestamp | None
    current_viewers: int
    peak_viewers: int
    total_views: int


class StreamDetail(Stream):
    """A stream with what it has earned (coins) and, once it has ended, how long it ran."""

    model_config = example(**_DETAIL)

    total_coins: Coins
    duration_seconds: int | None


class LiveStreams(Output):
    """A page of live streams, most viewers first."""

    model_config = example(streams=[_STREAM], nextCursor=None)

    streams: list[Stream]
    next_cursor: str | None


class Watching(Output):
    """How many are watching a stream now, and at its peak."""

    model_config = example(streamId=_ID, currentViewers=12, peakViewers=40)

    stream_id: UUID
    current_viewers: int
    peak_viewers: int


class HostSeen(Output):
    """When the host was last heard of."""

    model_config = example(streamId=_ID, lastHeartbeatAt="2026-01-15T20:15:00Z")

    stream_id: UUID
    last_heartbeat_at: Timestamp


class ChatLine(Output):
    """One line of a stream's chat."""

    id: UUID
    user: MiniUser
    kind: Literal["chat", "gift", "tip", "system"]
    content: str
    created_at: Timestamp


class Chat(Output):
    """A page of a stream's chat, newest first."""

    model_config = example(
        messages=[
            {
                "id": "1c0f6a4e-2a53-4f9f-8f6e-7d5ad9c6b001",
                "user": MINI_USER,
                "kind": "gift",
                "content": "sent 3 × Star",
                "createdAt": "2026-01-15T20:15:00Z",
            }
        ],
        nextCursor=None,
    )

    messages: list[ChatLine]
    next_cursor: str | None


class Supporter(Output):
    """What one user gave to a stream: coins of gifts and tips, and how many gifts."""

    user: MiniUser
    coins: Coins
    gifts: int


class Leaderboard(Output):
    """A page of a stream's supporters, most coins first."""

    model_config = example(
        supporters=[{"user": MINI_USER, "coins": 45, "gifts": 3}], nextCursor=None
    )

    supporters: list[Supporter]
    next_cursor: str | None


class GiftRequest(Input):
    """A gift of the catalogue, `quantity` times."""

    model_config = example(giftId="00000000-0000-4000-8000-000000000003", quantity=3)

    gift_id: UUID
    quantity: Annotated[WholeNumber, Field(ge=1, le=100)]


class StreamGift(Output):
    """A gift as sent."""

    id: UUID
    stream_id: UUID
    sender_id: UUID
    transfer_id: UUID
    quantity: int
    total_coins: Coins
    created_at: Timestamp


class CatalogueGift(Output):
    """A gift of the catalogue; `price` in coins."""

    id: UUID
    name: str
    price: Coins
    rarity: Literal["common", "rare", "epic", "legendary"]
    animation: Literal["float", "burst", "fireworks", "confetti"]


class GiftSent(Output):
    """A gift as sent, and the sender's balance after it."""

    model_config = example(
        streamGift={
            "id": "7a4b54d1-1c5e-4a0e-9b40-6a1c3d7f9001",
            "streamId": _ID,
            "senderId": MINI_USER["id"],
            "transferId": "6f2c1f0e-5a0e-4c39-8a43-3f6f1f7f6a01",
            "quantity": 3,
            "totalCoins": 15,
            "createdAt": "2026-01-15T20:15:00Z",
        },
        gift={
            "id": "00000000-0000-4000-8000-000000000003",
            "name": "Star",
            "price": 5,
            "rarity": "rare",
            "animation": "burst",
        },
        balance=85,
    )

    stream_gift: StreamGift
    gift: CatalogueGift
    balance: Coins
