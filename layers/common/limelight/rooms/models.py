"""What the endpoints that open a room answer."""

from typing import Final

from limelight.schema import JsonObject, Output, Timestamp, example

_PASS: Final[JsonObject] = {
    "url": "wss://limelight.livekit.cloud",
    "token": "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub3ZhIn0.c2lnbmF0dXJl",
    "expiresAt": "2026-01-15T20:25:00Z",
}


class RoomPass(Output):
    """Where LiveKit is, the token that opens the room, and until when it does."""

    model_config = example(**_PASS)

    url: str
    token: str
    expires_at: Timestamp


class ShowPass(RoomPass):
    """A pass to a show: with the holder's ticket and first check-in; the owner has neither."""

    model_config = example(**_PASS, ticketNumber=57, checkedInAt="2026-01-15T20:15:00Z")

    ticket_number: int | None
    checked_in_at: Timestamp | None
