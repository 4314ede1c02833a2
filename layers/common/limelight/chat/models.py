"""What the chat's endpoints take and answer."""

from typing import Literal
from uuid import UUID

from limelight.schema import MINI_USER, MiniUser, Output, Timestamp, example


class ChatLine(Output):
    """One line of a stream's chat."""

    id: UUID
    user: MiniUser
    kind: Literal["chat", "gift", "tip", "system"]
    content: str
    created_at: Timestamp


class Chat(Output):
    """A page of a stream's chat, newest first."""

    model_config = example(
        messages=[
            {
                "id": "1c0f6a4e-2a53-4f9f-8f6e-7d5ad9c6b001",
                "user": MINI_USER,
                "kind": "gift",
                "content": "sent 3 × Star",
                "createdAt": "2026-01-15T20:15:00Z",
            }
        ],
        nextCursor=None,
    )

    messages: list[ChatLine]
    next_cursor: str | None
