"""What paths name: ids are UUIDs, refused with 422 before any query when they are not."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from limelight.schema import SOME_STREAM, CallId, GoalId, ShowId, StreamId, Text


def _id(alias: str, description: str) -> Any:
    return Path(alias=alias, description=description, examples=[SOME_STREAM])


ApplicationIdPath = Annotated[UUID, _id("applicationId", "A creator application.")]
CallIdPath = Annotated[CallId, _id("callId", "A call that the caller takes part in.")]
ConversationIdPath = Annotated[UUID, _id("conversationId", "A conversation of the caller.")]
MessageIdPath = Annotated[UUID, _id("messageId", "A message, of a chat or of a conversation.")]
MessageRequestIdPath = Annotated[UUID, _id("requestId", "A message request.")]
GoalIdPath = Annotated[GoalId, _id("goalId", "A goal of the stream.")]
PayoutIdPath = Annotated[UUID, _id("payoutId", "A payout.")]
PollIdPath = Annotated[UUID, _id("pollId", "A poll of the stream.")]
ShowIdPath = Annotated[ShowId, _id("showId", "A show.")]
StreamIdPath = Annotated[StreamId, _id("streamId", "A stream.")]
UsernamePath = Annotated[
    Text,
    Path(
        alias="username",
        max_length=64,
        description="A user name, in whatever case.",
        examples=["nova"],
    ),
]
UserIdPath = Annotated[UUID, _id("userId", "A user.")]
