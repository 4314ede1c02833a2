"""What the endpoints that open a room answer."""

from limelight.schema import Output, Timestamp, example


class RoomPass(Output):
    """Where LiveKit is, the token that opens the room, and until when it does."""

    model_config = example(
        url="wss://limelight.livekit.cloud",
        token="eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJub3ZhIn0.c2lnbmF0dXJl",  # noqa: S106 - an example
        expiresAt="2026-01-15T20:25:00Z",
    )

    url: str
    token: str
    expires_at: Timestamp
