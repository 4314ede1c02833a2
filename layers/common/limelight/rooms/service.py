"""Rooms: who asks is let in by the database, and LiveKit is told so by a signed token."""

from dataclasses import asdict
from uuid import UUID

from limelight.data import system
from limelight.errors import Problem
from limelight.platform import media
from limelight.rooms import queries
from limelight.rooms.models import RoomPass, ShowPass
from limelight.schema import CallId, ShowId, StreamId, UserId


def watch_stream(stream_id: StreamId, viewer_id: UserId | None) -> RoomPass:
    """Lets whoever may see a live stream watch it; `stream_not_live` before and after."""
    row = system.fetch_one(queries.WATCH_STREAM, {"stream_id": stream_id, "viewer_id": viewer_id})
    return _audience(_live(row), viewer_id)


def host_stream(stream_id: StreamId, caller_id: UserId) -> RoomPass:
    """Lets the host of a live stream be seen and heard; `stream_not_live` before and after."""
    row = system.fetch_one(queries.HOST_STREAM, {"stream_id": stream_id, "caller_id": caller_id})
    return _participant(_live(row), caller_id)


def enter_call(call_id: CallId, caller_id: UserId) -> RoomPass:
    """Lets a party into a call that was accepted and is not over (`call_state`, `call_expired`)."""
    row = system.fetch_one(queries.ENTER_CALL, {"call_id": call_id, "caller_id": caller_id})
    if row is None:
        raise Problem("not_found")
    return _participant(row, caller_id)


def join_show(show_id: ShowId, caller_id: UserId) -> ShowPass:
    """Lets the owner of a live show be seen and heard, and its ticket holders watch.

    A holder's first join checks in. `show_not_live` before and after, `ticket_required`.
    """
    row = system.fetch_one(queries.JOIN_SHOW, {"show_id": show_id, "caller_id": caller_id})
    if row is None:
        raise Problem("not_found")
    enter = _participant if row["is_owner"] else _audience
    return ShowPass(
        **enter(row, caller_id).model_dump(),
        ticket_number=row["ticket_number"],
        checked_in_at=row["checked_in_at"],
    )


def _audience(row: system.Row, user_id: UUID | None) -> RoomPass:
    return _shown(media.to_watch(row["room_name"], user_id, row["display_name"]))


def _participant(row: system.Row, user_id: UUID) -> RoomPass:
    return _shown(media.to_take_part(row["room_name"], user_id, row["display_name"]))


def _shown(entry: media.Pass) -> RoomPass:
    return RoomPass.model_validate(asdict(entry))


def _live(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("stream_not_live")
    return row
