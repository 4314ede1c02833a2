"""What the polls' endpoints take and answer."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, Field

from limelight.schema import (
    SOME_STREAM,
    Input,
    JsonObject,
    Line,
    Output,
    Timestamp,
    WholeNumber,
    example,
)

_OPTIONS: Final = (
    "2d6b0a44-7c15-4a0e-8f2d-51c7a4b3e001",
    "2d6b0a44-7c15-4a0e-8f2d-51c7a4b3e002",
)
_POLL: Final[JsonObject] = {
    "id": "8e1f4c20-93ab-4d57-b6a8-0f4f1d2c3001",
    "streamId": SOME_STREAM,
    "question": "What next?",
    "options": [
        {"id": _OPTIONS[0], "label": "A nocturne", "votes": 41},
        {"id": _OPTIONS[1], "label": "A waltz", "votes": 17},
    ],
    "totalVotes": 58,
    "myVote": _OPTIONS[0],
    "isOpen": True,
    "createdAt": "2026-01-15T20:15:00Z",
    "endsAt": "2026-01-15T20:20:00Z",
}


def _distinct(labels: list[str]) -> list[str]:
    if len({label.casefold() for label in labels}) < len(labels):
        raise ValueError("The options of a poll are distinct, whatever their case")
    return labels


class PollRequest(Input):
    """A question to put to the viewers for so many seconds: an hour at most."""

    model_config = example(
        question="What next?", options=["A nocturne", "A waltz"], durationSeconds=300
    )

    question: Annotated[Line, Field(max_length=200)]
    options: Annotated[
        list[Annotated[Line, Field(max_length=100)]],
        Field(min_length=2, max_length=4),
        AfterValidator(_distinct),
    ]
    duration_seconds: Annotated[WholeNumber, Field(ge=10, le=3600)]


class PollOption(Output):
    """An answer to choose, and how many have chosen it."""

    id: UUID
    label: str
    votes: int


class Poll(Output):
    """A poll with its figures, and the option that the caller voted for.

    `endsAt` is when voting ends or has ended.
    """

    model_config = example(**_POLL)

    id: UUID
    stream_id: UUID
    question: str
    options: list[PollOption]
    total_votes: int
    my_vote: UUID | None
    is_open: bool
    created_at: Timestamp
    ends_at: Timestamp


class Polls(Output):
    """A page of a stream's polls, newest first."""

    model_config = example(polls=[_POLL], nextCursor=None)

    polls: list[Poll]
    next_cursor: str | None


class VoteRequest(Input):
    """The option to vote for."""

    model_config = example(optionId=_OPTIONS[0])

    option_id: UUID
