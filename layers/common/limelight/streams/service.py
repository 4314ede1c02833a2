"""Live streams. What must hold under concurrency is decided in the migration `streams`."""

import json
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data import system
from limelight.errors import Problem
from limelight.paging import Int32, Keyset, PageRequest
from limelight.schema import StreamId, UserId
from limelight.streams import queries
from limelight.streams.models import (
    ActiveStream,
    HostHealth,
    HostSeen,
    LiveStreams,
    MyStreams,
    Status,
    Stream,
    StreamDetail,
    StreamRequest,
    StreamStats,
    StreamUpdate,
    Viewer,
    Viewers,
    Watching,
)

SWEEP_BATCH: Final = 500
"""Streams that one sweep ends, recounts, and adds to the totals, at most."""
BRB_SECONDS: Final = 120
"""How long a host may be silent before viewers are told that they will be right back."""
LAST_STREAMS: Final = 10
"""How many ended streams the averages are of."""

BY_VIEWERS: Final = Keyset("streams.live", tuple[Int32, UUID])
NEWEST_FIRST: Final = Keyset("streams.mine", tuple[AwareDatetime, UUID])
LATEST_FIRST: Final = Keyset("streams.viewers", tuple[AwareDatetime, UUID])


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


def active(creator_id: UserId) -> ActiveStream:
    """The creator's live stream: there is one at most."""
    row = system.fetch_one(queries.ACTIVE, {"creator_id": creator_id})
    stream = StreamDetail.model_validate(row) if row else None
    return ActiveStream(has_active_stream=stream is not None, stream=stream)


def mine(creator_id: UserId, status: Status | None, page: PageRequest) -> MyStreams:
    """The creator's streams, newest first; of one status when one is given."""
    created_at, stream_id = page.after(NEWEST_FIRST) or (None, None)
    rows = system.fetch_all(
        queries.MINE,
        {
            "creator_id": creator_id,
            "status": status,
            "created_at": created_at,
            "id": stream_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return MyStreams(
        streams=[StreamDetail.model_validate(row) for row in shown],
        next_cursor=NEWEST_FIRST.cursor((last["created_at"], last["id"])) if last else None,
    )


def stats(creator_id: UserId) -> StreamStats:
    """What the creator's streams came to: in all, and the last ones on average."""
    row = system.fetch_one(queries.STATS, {"creator_id": creator_id, "window": LAST_STREAMS})
    return StreamStats.model_validate(_found(row))


def update(stream_id: StreamId, caller_id: UserId, request: StreamUpdate) -> StreamDetail:
    """Changes the fields sent and no others.

    `stream_ended` when it is over; its privacy and price stay once it has begun (`stream_started`)
    or, as far as they paid for it, tickets were sold (`tickets_sold`).
    """
    system.execute(
        queries.UPDATE,
        {
            "stream_id": stream_id,
            "caller_id": caller_id,
            "changes": json.dumps(request.changes()),
        },
    )
    return get(stream_id, caller_id)


def start(stream_id: StreamId, caller_id: UserId) -> StreamDetail:
    """The caller's scheduled stream goes live; starting it again changes nothing.

    `stream_ended` when it is over, `already_live` when another one is live.
    """
    system.execute(queries.START, {"stream_id": stream_id, "caller_id": caller_id})
    return get(stream_id, caller_id)


def audience(stream_id: StreamId, viewer_id: UserId | None, page: PageRequest) -> Viewers:
    """Who is watching, the latest to come first."""
    joined_at, user_id = page.after(LATEST_FIRST) or (None, None)
    rows = system.fetch_all(
        queries.VIEWERS,
        {
            "stream_id": stream_id,
            "viewer_id": viewer_id,
            "joined_at": joined_at,
            "user_id": user_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Viewers(
        viewers=[Viewer.model_validate(row) for row in shown],
        next_cursor=LATEST_FIRST.cursor((last["joined_at"], last["id"])) if last else None,
    )


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


def health(stream_id: StreamId) -> HostHealth:
    """Whether the host of a live stream is there, for anybody who asks; else `stream_not_live`."""
    row = _found(system.fetch_one(queries.HEALTH, {"stream_id": stream_id}))
    if row["status"] != "live":
        raise Problem("stream_not_live")
    seconds, grace = row["seconds"], row["grace"]
    return HostHealth(
        is_healthy=seconds < BRB_SECONDS,
        is_brb=BRB_SECONDS <= seconds < grace,
        seconds_since_heartbeat=seconds,
        grace_period_seconds=grace,
    )


def end(stream_id: StreamId, caller_id: UserId) -> StreamDetail:
    """Ends the caller's stream; ending it again changes nothing."""
    system.execute(queries.END, {"stream_id": stream_id, "caller_id": caller_id})
    return get(stream_id, caller_id)


def end_silent() -> int:
    """The sweep: ends the streams that their hosts left, and answers how many; those that ended
    before are added to their creators' totals."""
    ended = system.fetch_all(queries.SWEEP, {"batch": SWEEP_BATCH})
    system.execute(queries.TOTAL, {"batch": SWEEP_BATCH})
    return len(ended)


def _watching(query: system.Query, stream_id: StreamId, viewer_id: UserId) -> Watching:
    row = system.fetch_one(query, {"stream_id": stream_id, "viewer_id": viewer_id})
    return Watching.model_validate(_found(row))


def _found(row: system.Row | None) -> system.Row:
    if row is None:
        raise Problem("not_found")
    return row
