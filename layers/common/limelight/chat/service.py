"""Chat. Who may write, and how often, is decided in the migration `chat`."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.chat import queries
from limelight.chat.models import (
    Ban,
    BanRequest,
    Chat,
    ChatLine,
    DeletedLine,
    LiftedBan,
    MessageRequest,
    SlowMode,
    SlowModeRequest,
    Timeout,
    TimeoutRequest,
)
from limelight.data import system
from limelight.errors import Problem
from limelight.paging import Keyset, PageRequest
from limelight.schema import StreamId, UserId

BY_TIME: Final = Keyset("chat.messages", tuple[AwareDatetime, UUID])


def messages(stream_id: StreamId, viewer_id: UserId | None, page: PageRequest) -> Chat:
    """The chat, newest first."""
    created_at, message_id = page.after(BY_TIME) or (None, None)
    rows = system.fetch_all(
        queries.MESSAGES,
        {
            "stream_id": stream_id,
            "viewer_id": viewer_id,
            "created_at": created_at,
            "id": message_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Chat(
        messages=[ChatLine.model_validate(row) for row in shown],
        next_cursor=BY_TIME.cursor((last["created_at"], last["id"])) if last else None,
    )


def say(stream_id: StreamId, author_id: UserId, request: MessageRequest) -> ChatLine:
    """Writes a line to a live stream's chat.

    Whoever was banned, timed out or is too fast is told so: `banned`, `timed_out`, `slow_mode`.
    """
    row = system.fetch_one(
        queries.SAY,
        {"stream_id": stream_id, "author_id": author_id, "content": request.content},
    )
    return ChatLine.model_validate(_found(row)["line"])


def delete(stream_id: StreamId, line_id: UUID, caller_id: UserId) -> DeletedLine:
    """Takes back a line of the caller's, or any of the caller's stream; gifts and tips stay."""
    system.execute(
        queries.DELETE, {"stream_id": stream_id, "line_id": line_id, "caller_id": caller_id}
    )
    return DeletedLine(stream_id=stream_id, id=line_id)


def ban(stream_id: StreamId, caller_id: UserId, request: BanRequest) -> Ban:
    """Keeps a viewer out of the caller's stream, from now on; again changes nothing."""
    row = system.fetch_one(
        queries.BAN,
        {"stream_id": stream_id, "caller_id": caller_id, "user_id": request.user_id},
    )
    return Ban.model_validate(_found(row))


def unban(stream_id: StreamId, caller_id: UserId, user_id: UUID) -> LiftedBan:
    """Lets a banned viewer back in; `not_banned` when there is no ban."""
    system.execute(
        queries.UNBAN, {"stream_id": stream_id, "caller_id": caller_id, "user_id": user_id}
    )
    return LiftedBan(stream_id=stream_id, user_id=user_id)


def time_out(stream_id: StreamId, caller_id: UserId, request: TimeoutRequest) -> Timeout:
    """Keeps a viewer from writing for some minutes from now, whatever was said before."""
    row = system.fetch_one(
        queries.TIME_OUT,
        {
            "stream_id": stream_id,
            "caller_id": caller_id,
            "user_id": request.user_id,
            "minutes": request.minutes,
        },
    )
    return Timeout.model_validate(_found(row))


def slow_down(stream_id: StreamId, caller_id: UserId, request: SlowModeRequest) -> SlowMode:
    """Sets how many seconds a viewer waits between two lines; the host never waits."""
    system.execute(
        queries.SLOW_DOWN,
        {"stream_id": stream_id, "caller_id": caller_id, "seconds": request.seconds},
    )
    return SlowMode(stream_id=stream_id, seconds=request.seconds)


def _found(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("not_found")
    return row
