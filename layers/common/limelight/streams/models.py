"""What the streams endpoints take and answer."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self
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

Title = Annotated[Line, Field(max_length=100)]
Description = Annotated[Text, Field(max_length=500)]
Category = Annotated[Line, Field(max_length=50)]
Tags = Annotated[list[Annotated[Line, Field(max_length=30)]], Field(max_length=10)]
TicketPrice = Annotated[WholeNumber, Field(ge=1, le=100_000)]
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

    title: Title
    description: Description | None = None
    category: Category
    tags: Tags = Field(default_factory=list)
    privacy: Privacy = "public"
    thumbnail_url: HttpsUrl | None = None
    scheduled_for: Annotated[Moment, AfterValidator(_not_too_far_ahead)] | None = None
    ticket_price: TicketPrice | None = None

    @model_validator(mode="after")
    def _price_only_when_ticketed(self) -> Self:
        if (self.privacy == "ticketed") != (self.ticket_price is not None):
            raise ValueError("A ticketed stream has a ticketPrice, and no other stream has one")
        return self


class StreamUpdate(Input):
    """The fields to change: null clears, an absent field keeps what it holds. `privacy` and
    `ticketPrice` can be changed until the stream starts."""

    model_config = example(
        title="Later-night piano", description=None, tags=["piano"], thumbnailUrl=None
    )

    title: Title = Field(default="")
    description: Description | None = None
    category: Category = Field(default="")
    tags: Tags = Field(default_factory=list)
    privacy: Privacy = "public"
    thumbnail_url: HttpsUrl | None = None
    ticket_price: TicketPrice | None = None

    def changes(self) -> dict[str, Any]:
        """The columns to change, and to what."""
        return self.model_dump(exclude_unset=True)


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


class Viewer(MiniUser):
    """Somebody who watches, and since when."""

    joined_at: Timestamp


class Viewers(Output):
    """A page of who is watching, the latest to come first."""

    model_config = example(
        viewers=[MINI_USER | {"joinedAt": "2026-01-15T20:05:00Z"}], nextCursor=None
    )

    viewers: list[Viewer]
    next_cursor: str | None


class HostSeen(Output):
    """When the host was last heard of."""

    model_config = example(streamId=SOME_STREAM, lastHeartbeatAt="2026-01-15T20:15:00Z")

    stream_id: UUID
    last_heartbeat_at: Timestamp


class HostHealth(Output):
    """Whether the host is there. `isBrb`: silent, and still expected back, for as long as
    `gracePeriodSeconds`; then the stream is about to end."""

    model_config = example(
        isHealthy=True, isBrb=False, secondsSinceHeartbeat=12, gracePeriodSeconds=300
    )

    is_healthy: bool
    is_brb: bool
    seconds_since_heartbeat: int
    grace_period_seconds: int


class ActiveStream(Output):
    """The caller's live stream, or null."""

    model_config = example(hasActiveStream=True, stream=_DETAIL)

    has_active_stream: bool
    stream: StreamDetail | None


class MyStreams(Output):
    """A page of the caller's streams, newest first."""

    model_config = example(streams=[_DETAIL], nextCursor=None)

    streams: list[StreamDetail]
    next_cursor: str | None


class StreamTotals(Output):
    """What all the streams of a creator came to, the live one as it stands included."""

    streams: int
    total_duration_seconds: int
    total_views: int
    peak_viewers: int
    total_coins: Coins
    total_gifts: int


class StreamAverages(Output):
    """What the last streams that ended came to on average, rounded; `streams` is how many."""

    streams: int
    average_duration_seconds: int
    average_views: int
    average_peak_viewers: int
    average_coins: Coins
    average_gifts: int


class StreamStats(Output):
    """A creator's streams in figures; no averages before the first stream has ended."""

    model_config = example(
        totals={
            "streams": 25,
            "totalDurationSeconds": 132_000,
            "totalViews": 4_120,
            "peakViewers": 311,
            "totalCoins": 18_450,
            "totalGifts": 960,
        },
        lastStreams={
            "streams": 10,
            "averageDurationSeconds": 5_400,
            "averageViews": 180,
            "averagePeakViewers": 74,
            "averageCoins": 820,
            "averageGifts": 41,
        },
    )

    totals: StreamTotals
    last_streams: StreamAverages | None
