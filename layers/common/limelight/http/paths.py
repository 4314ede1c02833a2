"""What paths name: ids are UUIDs, refused with 422 before any query when they are not."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from limelight.schema import CallId, GoalId, ShowId, StreamId, Text

ApplicationIdPath = Annotated[UUID, Path(alias="applicationId")]
CallIdPath = Annotated[CallId, Path(alias="callId")]
ConversationIdPath = Annotated[UUID, Path(alias="conversationId")]
MessageIdPath = Annotated[UUID, Path(alias="messageId")]
MessageRequestIdPath = Annotated[UUID, Path(alias="requestId")]
GoalIdPath = Annotated[GoalId, Path(alias="goalId")]
PayoutIdPath = Annotated[UUID, Path(alias="payoutId")]
PollIdPath = Annotated[UUID, Path(alias="pollId")]
ShowIdPath = Annotated[ShowId, Path(alias="showId")]
StreamIdPath = Annotated[StreamId, Path(alias="streamId")]
UsernamePath = Annotated[Text, Path(alias="username", max_length=64)]
UserIdPath = Annotated[UUID, Path(alias="userId")]
