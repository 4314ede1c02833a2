"""Chat. Who may write, and how often, is decided in the migration `chat`."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.chat import queries
from limelight.chat.models import Chat, ChatLine
from limelight.data import system
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
