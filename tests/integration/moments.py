"""Moments as the API writes and reads them."""

import re
from datetime import UTC, datetime, timedelta

_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def is_moment(text: object) -> bool:
    """Whether `text` is a moment in UTC as the API writes it."""
    return isinstance(text, str) and bool(_WRITTEN.fullmatch(text))


def in_days(days: float) -> str:
    """The moment so many days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def just_now(text: str) -> bool:
    """Whether `text` is a moment of the last minute."""
    age = datetime.now(UTC) - datetime.fromisoformat(text)
    return timedelta(seconds=-5) < age < timedelta(minutes=1)
