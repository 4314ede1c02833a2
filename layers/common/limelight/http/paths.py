"""The ids in paths: UUIDs, refused with 422 before any query when they are not."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from limelight.schema import StreamId

ApplicationIdPath = Annotated[UUID, Path(alias="applicationId")]
MessageIdPath = Annotated[UUID, Path(alias="messageId")]
PayoutIdPath = Annotated[UUID, Path(alias="payoutId")]
PollIdPath = Annotated[UUID, Path(alias="pollId")]
StreamIdPath = Annotated[StreamId, Path(alias="streamId")]
UserIdPath = Annotated[UUID, Path(alias="userId")]
