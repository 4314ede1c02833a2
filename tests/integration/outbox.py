"""What the listeners of a stream are told."""

from typing import Any

from tests.integration.people import Owner


def told(owner: Owner, stream: str, event: str) -> list[dict[str, Any]]:
    """The payloads of the stream's events of this name, oldest first."""
    rows = owner.execute(
        "select payload from outbox where topic = %s and event = %s order by id",
        (f"stream:{stream}", event),
    ).fetchall()
    return [payload for (payload,) in rows]
