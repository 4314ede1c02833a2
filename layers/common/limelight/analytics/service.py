"""A creator's analytics, from the rollups and what came since, and the job that refreshes them."""

from collections.abc import Mapping
from typing import Any, Final, get_args
from uuid import UUID

from limelight.analytics import queries
from limelight.analytics.models import (
    Analytics,
    Calls,
    Day,
    Earnings,
    Figure,
    Gifts,
    Overview,
    Period,
    Shows,
    Source,
    Streams,
)
from limelight.data import system
from limelight.data.system import Query
from limelight.schema import UserId

SOURCES: Final[tuple[Source, ...]] = get_args(Source)
TOP_GIFTERS: Final = 5
TOP_GIFTS: Final = 10
RECENT: Final = 10
LONGEST: Final = 366
"""Days that `daily` shows at most."""

BATCHES: Final = 50
"""Batches of each kind that one run of the job does at most; the next run goes on."""
ENTRIES_BATCH: Final = 20_000
ACTIVITY_BATCH: Final = 5_000
WINDOWS_BATCH: Final = 20


def report(creator_id: UserId, period: Period) -> Analytics:
    """What the creator earned and did within the period, up to this moment."""
    days = None if period == "all" else int(period)
    row = system.fetch_one(queries.REPORT, parameters(creator_id, days))
    if row is None:
        raise RuntimeError("the report answered nothing")
    earned, done = row["earnings"], row["activity"]
    return Analytics(
        period=period,
        overview=_overview(row, has_previous=period != "all"),
        streams=Streams(
            count=done["streams"],
            hours=round(done["stream_seconds"] / 3600, 2),
            total_views=done["views"],
            peak_viewers=done["peak_viewers"],
            average_views=_average(done["views"], done["streams"]),
        ),
        calls=Calls(
            count=done["calls"],
            minutes=done["call_minutes"],
            average_call_length=_average(done["call_minutes"], done["calls"]),
            coins=earned.get("calls", 0),
        ),
        shows=Shows(
            count=done["shows"],
            tickets=done["show_tickets"],
            coins=earned.get("shows", 0),
            sell_through=_percentage(done["limited_tickets"], done["limited_seats"]),
        ),
        gifts=Gifts(
            count=row["gifts"],
            coins=earned.get("gifts", 0),
            average_gift_value=_average(earned.get("gifts", 0), row["gifts"]),
            top=row["top_gifts"],
        ),
        top_gifters=row["top_gifters"],
        recent_activity=row["recent_activity"],
        daily=[
            Day(day=one["day"], total=sum(one["coins"].values()), **one["coins"])
            for one in row["daily"]
        ],
    )


def parameters(creator_id: UUID, days: int | None) -> dict[str, object]:
    """What the report's query takes, for so many days or all time."""
    return {
        "creator_id": creator_id,
        "days": days,
        "top_gifters": TOP_GIFTERS,
        "top_gifts": TOP_GIFTS,
        "recent": RECENT,
        "longest": LONGEST,
    }


def refresh() -> int:
    """Folds what happened into the rollups; answers how many entries, lines and creators it saw to.

    Each batch is a transaction of its own, so a run that is cut off has done whole batches.
    """
    done = _drain(queries.FOLD_EARNINGS, ENTRIES_BATCH)
    system.fetch_one(queries.MARK)
    done += _drain(queries.FOLD_EARNINGS, ENTRIES_BATCH)
    done += _drain(queries.FOLD_ACTIVITY, ACTIVITY_BATCH)
    return done + _drain(queries.ROLL_WINDOWS, WINDOWS_BATCH)


def _drain(query: Query, batch: int) -> int:
    total = 0
    for _ in range(BATCHES):
        row = system.fetch_one(query, {"batch": batch})
        done = int(row["done"]) if row else 0
        if not done:
            break
        total += done
    return total


def _overview(row: Mapping[str, Any], *, has_previous: bool) -> Overview:
    now, before = row["earnings"], row["earnings_before"]

    def figure(value: int, previous: int) -> Figure:
        return _figure(value, previous if has_previous else None)

    return Overview(
        earnings=Earnings(
            total=figure(sum(now.values()), sum(before.values())),
            **{one: figure(now.get(one, 0), before.get(one, 0)) for one in SOURCES},
        ),
        new_followers=figure(row["activity"]["followers"], row["activity_before"]["followers"]),
        views=figure(row["activity"]["views"], row["activity_before"]["views"]),
    )


def _figure(value: int, previous: int | None) -> Figure:
    change = None
    if previous is not None and previous > 0:
        change = round((value - previous) * 100 / previous, 1)
    return Figure(value=value, previous=previous, change=change)


def _average(total: int, count: int) -> float | None:
    return round(total / count, 2) if count > 0 else None


def _percentage(part: int, whole: int) -> int | None:
    return (200 * part + whole) // (2 * whole) if whole else None
