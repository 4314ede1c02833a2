"""Polls. What must hold while many vote at once is decided in the migration `polls`."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.data import system
from limelight.errors import Problem
from limelight.paging import Keyset, PageRequest
from limelight.polls import queries
from limelight.polls.models import Poll, PollRequest, Polls, VoteRequest
from limelight.schema import StreamId, UserId

SWEEP_BATCH: Final = 500
"""Polls that one sweep closes, and tells the figures of, at most."""

BY_TIME: Final = Keyset("polls.polls", tuple[AwareDatetime, UUID])


def polls(stream_id: StreamId, viewer_id: UserId | None, page: PageRequest) -> Polls:
    """The stream's polls, newest first, with the viewer's own votes."""
    created_at, poll_id = page.after(BY_TIME) or (None, None)
    rows = system.fetch_all(
        queries.POLLS,
        {
            "stream_id": stream_id,
            "viewer_id": viewer_id,
            "created_at": created_at,
            "id": poll_id,
            "limit": page.probe,
        },
    )
    shown, last = page.split(rows)
    return Polls(
        polls=[_poll(row) for row in shown],
        next_cursor=BY_TIME.cursor((last["created_at"], last["id"])) if last else None,
    )


def start(stream_id: StreamId, caller_id: UserId, request: PollRequest) -> Poll:
    """Puts a question to the viewers; a stream has one open poll at a time (`poll_open`)."""
    return _poll(
        system.fetch_one(
            queries.OPEN,
            request.model_dump() | {"stream_id": stream_id, "caller_id": caller_id},
        )
    )


def vote(stream_id: StreamId, voter_id: UserId, poll_id: UUID, request: VoteRequest) -> Poll:
    """Votes once: `already_voted` with the option of the first vote, whatever is asked later."""
    return _poll(
        system.fetch_one(
            queries.VOTE,
            {
                "stream_id": stream_id,
                "voter_id": voter_id,
                "poll_id": poll_id,
                "option_id": request.option_id,
            },
        )
    )


def end(stream_id: StreamId, caller_id: UserId, poll_id: UUID) -> Poll:
    """Ends a poll of the caller's stream; ending it again changes nothing."""
    return _poll(
        system.fetch_one(
            queries.END, {"stream_id": stream_id, "caller_id": caller_id, "poll_id": poll_id}
        )
    )


def sweep() -> int:
    """Closes the polls whose time is over, and tells figures that no later vote has told.

    Answers how many polls there was something to do for.
    """
    return len(system.fetch_all(queries.SWEEP, {"batch": SWEEP_BATCH}))


def _poll(row: system.Row | None) -> Poll:
    if row is None:
        raise Problem("not_found")
    return Poll.model_validate(row["poll"])
