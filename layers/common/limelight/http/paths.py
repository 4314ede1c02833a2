"""What paths name: ids are UUIDs, refused with 422 before any query when they are not."""

from typing import Annotated
from uuid import UUID

from fastapi import Path

from limelight.schema import StreamId, Text

ApplicationIdPath = Annotated[UUID, Path(alias="applicationId")]
PayoutIdPath = Annotated[UUID, Path(alias="payoutId")]
StreamIdPath = Annotated[StreamId, Path(alias="streamId")]
UsernamePath = Annotated[Text, Path(alias="username", max_length=64)]
UserIdPath = Annotated[UUID, Path(alias="userId")]
