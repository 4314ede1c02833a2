"""What the streams endpoints take and answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from limelight.schema import (
    MINI_USER,
    SOME_STREAM,
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

_STREAM: Final[JsonObject] = {
    "id": SOME_STREAM,
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

    model_config = example(streamId=SOME_STREAM, currentViewers=12, peakViewers=40)

    stream_id: UUID
    current_viewers: int
    peak_viewers: int


class HostSeen(Output):
    """When the host was last heard of."""

    model_config = example(streamId=SOME_STREAM, lastHeartbeatAt="2026-01-15T20:15:00Z")

    stream_id: UUID
    last_heartbeat_at: Timestamp
