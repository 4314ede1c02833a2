"""What the chat's endpoints take and answer."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from limelight.schema import (
    MINI_USER,
    SOME_STREAM,
    Input,
    JsonObject,
    Line,
    MiniUser,
    Output,
    Timestamp,
    WholeNumber,
    example,
)

PACES: Final = (0, 5, 10, 15, 30, 60, 120, 300)
"""The seconds that may lie between two lines of one viewer."""

_SOME_LINE: Final = "1c0f6a4e-2a53-4f9f-8f6e-7d5ad9c6b001"
_SOMEBODY: Final = MINI_USER["id"]

_LINE: Final[JsonObject] = {
    "id": _SOME_LINE,
    "user": MINI_USER,
    "kind": "chat",
    "content": "Play it again",
    "createdAt": "2026-01-15T20:15:00Z",
}


class MessageRequest(Input):
    """A line to write."""

    model_config = example(content="Play it again")

    content: Annotated[Line, Field(max_length=500)]


class ChatLine(Output):
    """One line of a stream's chat."""

    model_config = example(**_LINE)

    id: UUID
    user: MiniUser
    kind: Literal["chat", "gift", "tip", "system"]
    content: str
    created_at: Timestamp


class Chat(Output):
    """A page of a stream's chat, newest first."""

    model_config = example(
        messages=[_LINE | {"kind": "gift", "content": "sent 3 × Star"}],
        nextCursor=None,
    )

    messages: list[ChatLine]
    next_cursor: str | None


class DeletedLine(Output):
    """The line that is gone."""

    model_config = example(streamId=SOME_STREAM, id=_SOME_LINE)

    stream_id: UUID
    id: UUID


class BanRequest(Input):
    """The viewer to ban."""

    model_config = example(userId=_SOMEBODY)

    user_id: UUID


class Ban(Output):
    """Who is banned from a stream, and since when."""

    model_config = example(streamId=SOME_STREAM, userId=_SOMEBODY, bannedAt="2026-01-15T20:15:00Z")

    stream_id: UUID
    user_id: UUID
    banned_at: Timestamp


class LiftedBan(Output):
    """Who is banned no longer."""

    model_config = example(streamId=SOME_STREAM, userId=_SOMEBODY)

    stream_id: UUID
    user_id: UUID


class TimeoutRequest(Input):
    """The viewer who may not write for so many minutes; a day at most."""

    model_config = example(userId=_SOMEBODY, minutes=10)

    user_id: UUID
    minutes: Annotated[WholeNumber, Field(ge=1, le=1440)]


class Timeout(Output):
    """Who may not write, and until when."""

    model_config = example(streamId=SOME_STREAM, userId=_SOMEBODY, endsAt="2026-01-15T20:25:00Z")

    stream_id: UUID
    user_id: UUID
    ends_at: Timestamp


def _a_pace(seconds: int) -> int:
    if seconds not in PACES:
        raise ValueError(f"Slow mode is one of {', '.join(map(str, PACES))} seconds")
    return seconds


class SlowModeRequest(Input):
    """The seconds between two lines of one viewer; 0 for as fast as they like."""

    model_config = example(seconds=30)

    seconds: Annotated[
        WholeNumber, AfterValidator(_a_pace), Field(json_schema_extra={"enum": list(PACES)})
    ]


class SlowMode(Output):
    """How slow a stream's chat is."""

    model_config = example(streamId=SOME_STREAM, seconds=30)

    stream_id: UUID
    seconds: int
