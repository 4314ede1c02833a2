"""A creator's analytics. Coins are what the creator earned, less the platform's share."""

from datetime import date
from typing import Final, Literal
from uuid import UUID

from limelight.schema import MINI_USER, Coins, JsonObject, MiniUser, Output, Timestamp, example

Period = Literal["7", "30", "90", "all"]
Source = Literal["gifts", "tips", "tickets", "calls", "shows", "messages"]
EventType = Literal[
    "gift", "tip", "ticket", "call", "show", "message_unlock", "message_tip", "follow"
]

_FIGURE: Final[JsonObject] = {"value": 1200, "previous": 1000, "change": 20.0}
_GIFT: Final[JsonObject] = {
    "id": "00000000-0000-4000-8000-000000000005",
    "name": "Diamond",
    "count": 40,
    "coins": 800,
}
_EVENT: Final[JsonObject] = {
    "type": "gift",
    "user": MINI_USER,
    "coins": 20,
    "createdAt": "2026-01-15T20:15:00Z",
}
_SHARES: Final[JsonObject] = {
    "gifts": 800,
    "tips": 100,
    "tickets": 50,
    "calls": 150,
    "shows": 100,
    "messages": 0,
}


class Figure(Output):
    """A figure of the period and of the equal period before it; `change` in per cent, to a tenth.

    All time has no period before it, and from nothing there is no percentage: null.
    """

    value: int
    previous: int | None
    change: float | None


class Earnings(Output):
    """Coins in all, and by what brought them; a reversal is taken off on its own day."""

    total: Figure
    gifts: Figure
    tips: Figure
    tickets: Figure
    calls: Figure
    shows: Figure
    messages: Figure


class Overview(Output):
    """The period beside the one before. Followers are those who came within it and stayed."""

    earnings: Earnings
    new_followers: Figure
    views: Figure


class Streams(Output):
    """Streams that began in the period. `averageViews` is views a stream, null without one."""

    count: int
    hours: float
    total_views: int
    peak_viewers: int
    average_views: float | None


class Calls(Output):
    """Calls that ended in the period, and minutes billed; their average is null without a call."""

    count: int
    minutes: int
    average_call_length: float | None
    coins: Coins


class Shows(Output):
    """Shows that ended in the period.

    `sellThrough` is the percentage of seats sold, of the shows that had an end of seats; null when
    none had.
    """

    count: int
    tickets: int
    coins: Coins
    sell_through: int | None


class GiftTotal(Output):
    """What one gift of the catalogue brought."""

    id: UUID
    name: str
    count: int
    coins: Coins


class Gifts(Output):
    """Gifts of the period: ten Roses are ten gifts. Their average is null without a gift."""

    count: int
    coins: Coins
    average_gift_value: float | None
    top: list[GiftTotal]


class Gifter(MiniUser):
    """A user, and what their gifts brought the creator in the period."""

    model_config = example(**MINI_USER, coins=800, gifts=40)

    coins: Coins
    gifts: int


class Activity(Output):
    """What happened. A show's earnings are of no one user, and a follow brings no coins: null."""

    model_config = example(**_EVENT)

    type: EventType
    user: MiniUser | None
    coins: Coins | None
    created_at: Timestamp


class Day(Output):
    """What one UTC day brought."""

    day: date
    total: Coins
    gifts: Coins = 0
    tips: Coins = 0
    tickets: Coins = 0
    calls: Coins = 0
    shows: Coins = 0
    messages: Coins = 0


class Analytics(Output):
    """A creator's figures of the last 7, 30 or 90 UTC days, today included, or of all time.

    `daily` has every day of the period; of all time, every day since the first earning, the last
    366 at most.
    """

    model_config = example(
        period="30",
        overview={
            "earnings": {"total": _FIGURE, **dict.fromkeys(_SHARES, _FIGURE)},
            "newFollowers": _FIGURE,
            "views": _FIGURE,
        },
        streams={
            "count": 4,
            "hours": 7.5,
            "totalViews": 1200,
            "peakViewers": 230,
            "averageViews": 300.0,
        },
        calls={"count": 3, "minutes": 15, "averageCallLength": 5.0, "coins": 150},
        shows={"count": 1, "tickets": 10, "coins": 100, "sellThrough": 50},
        gifts={"count": 40, "coins": 800, "averageGiftValue": 20.0, "top": [_GIFT]},
        topGifters=[{**MINI_USER, "coins": 800, "gifts": 40}],
        recentActivity=[_EVENT],
        daily=[{"day": "2026-01-15", "total": 1200, **_SHARES}],
    )

    period: Period
    overview: Overview
    streams: Streams
    calls: Calls
    shows: Shows
    gifts: Gifts
    top_gifters: list[Gifter]
    recent_activity: list[Activity]
    daily: list[Day]
