"""Live streams. What must hold under concurrency is decided in the migration `streams`."""

from typing import Final
from uuid import UUID

from limelight.data import system
from limelight.errors import Problem
from limelight.paging import Int32, Keyset, PageRequest
from limelight.schema import StreamId, UserId
from limelight.streams import queries
from limelight.streams.models import (
    HostSeen,
    LiveStreams,
    Stream,
    StreamDetail,
    StreamRequest,
    Watching,
)

SWEEP_BATCH: Final = 500
"""Streams that one sweep ends, and recounts, at most."""

BY_VIEWERS: Final = Keyset("streams.live", tuple[Int32, UUID])


def create(creator_id: UserId, request: StreamRequest) -> StreamDetail:
    """Opens a stream; a creator has one live stream at a time (`already_live`)."""
    row = system.fetch_one(queries.CREATE, request.model_dump() | {"creator_id": creator_id})
    return get(_found(row)["id"], creator_id)


def live(page: PageRequest) -> LiveStreams:
    """The live streams of active creators, most viewers first."""
    viewers, stream_id = page.after(BY_VIEWERS) or (None, None)
    rows = system.fetch_all(
        queries.LIVE, {"viewers": viewers, "stream_id": stream_id, "limit": page.probe}
    )
    shown, last = page.split(rows)
    return LiveStreams(
        streams=[Stream.model_validate(row) for row in shown],
        next_cursor=BY_VIEWERS.cursor((last["current_viewers"], last["id"])) if last else None,
    )


def get(stream_id: StreamId, viewer_id: UserId | None) -> StreamDetail:
    """One stream, for whoever may see it."""
    row = system.fetch_one(queries.GET, {"stream_id": stream_id, "viewer_id": viewer_id})
    return StreamDetail.model_validate(_found(row))


def join(stream_id: StreamId, viewer_id: UserId) -> Watching:
    """The viewer watches; coming back adds no view, and the owner is no viewer."""
    return _watching(queries.JOIN, stream_id, viewer_id)


def leave(stream_id: StreamId, viewer_id: UserId) -> Watching:
    """The viewer is gone; leaving twice changes nothing."""
    return _watching(queries.LEAVE, stream_id, viewer_id)


def see_viewer(stream_id: StreamId, viewer_id: UserId) -> Watching:
    """The viewer is still there: silent for 60 seconds means gone."""
    return _watching(queries.SEE_VIEWER, stream_id, viewer_id)


def see_host(stream_id: StreamId, caller_id: UserId) -> HostSeen:
    """The host is still there: silent for 300 seconds (600 when ticketed) ends the stream."""
    row = system.fetch_one(queries.SEE_HOST, {"stream_id": stream_id, "caller_id": caller_id})
    return HostSeen.model_validate(_found(row))


def end(stream_id: StreamId, caller_id: UserId) -> StreamDetail:
    """Ends the caller's stream; ending it again changes nothing."""
    system.execute(queries.END, {"stream_id": stream_id, "caller_id": caller_id})
    return get(stream_id, caller_id)


def end_silent() -> int:
    """The sweep: ends the streams that their hosts left; answers how many."""
    return len(system.fetch_all(queries.SWEEP, {"batch": SWEEP_BATCH}))


def _watching(query: system.Query, stream_id: StreamId, viewer_id: UserId) -> Watching:
    row = system.fetch_one(query, {"stream_id": stream_id, "viewer_id": viewer_id})
    return Watching.model_validate(_found(row))


def _found(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("not_found")
    return row
