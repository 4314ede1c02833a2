"""What the endpoints of direct messages take and answer."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from limelight.schema import (
    MINI_USER,
    Coins,
    HttpsUrl,
    Input,
    JsonObject,
    Line,
    MiniUser,
    Output,
    Timestamp,
    WholeNumber,
    example,
)

MediaType = Literal["image", "video", "audio"]

SOME_CONVERSATION: Final = "c1a5b1de-5d0f-4c7a-9d55-2f1f0b6c8001"
_ME: Final = "2b0e6c0e-5cf7-4c69-9d0f-3a8a6a3f2001"
MESSAGE: Final[JsonObject] = {
    "id": "0e6f3f5c-8a0d-4ad0-9c55-7b1f2c9d3001",
    "conversationId": SOME_CONVERSATION,
    "senderId": MINI_USER["id"],
    "kind": "text",
    "content": "See you tonight",
    "mediaUrl": None,
    "mediaType": None,
    "thumbnailUrl": None,
    "unlockPrice": None,
    "isLocked": False,
    "tipAmount": None,
    "createdAt": "2026-01-15T20:15:00Z",
}
_LOCKED: Final[JsonObject] = MESSAGE | {
    "kind": "locked",
    "content": None,
    "mediaType": "video",
    "thumbnailUrl": "https://cdn.example.com/blurred.jpg",
    "unlockPrice": 40,
    "isLocked": True,
}
_REQUEST: Final[JsonObject] = {
    "id": "f3a1c9d2-4f0b-4b7e-8a64-0d52a8a4d001",
    "sender": MINI_USER,
    "recipientId": _ME,
    "content": "May I ask you about your piano?",
    "status": "pending",
    "createdAt": "2026-01-15T18:00:00Z",
    "answeredAt": None,
}

Content = Annotated[Line, Field(max_length=2000)]


class _WithMedia(Input):
    media_url: HttpsUrl | None = None
    media_type: MediaType | None = None

    @model_validator(mode="after")
    def _a_type_has_its_media(self) -> Self:
        if self.media_type is not None and self.media_url is None:
            raise ValueError("A mediaType needs a mediaUrl")
        return self


class MessageRequest(_WithMedia):
    """A message to write."""

    model_config = example(recipientId=MINI_USER["id"], content="See you tonight")

    recipient_id: UUID
    content: Content


class LockedMessageRequest(_WithMedia):
    """A message whose content must be paid for; the thumbnail is free."""

    model_config = example(
        recipientId=MINI_USER["id"],
        content="The whole recording, as promised",
        unlockPrice=40,
        mediaUrl="https://cdn.example.com/recording.mp4",
        mediaType="video",
        thumbnailUrl="https://cdn.example.com/blurred.jpg",
    )

    recipient_id: UUID
    content: Content
    unlock_price: Annotated[WholeNumber, Field(ge=1, le=100_000)]
    thumbnail_url: HttpsUrl | None = None


class Message(Output):
    """A message as its reader may see it: content and media of a locked one are null until it is
    paid for. `unlockPrice` and `tipAmount` in coins."""

    model_config = example(**MESSAGE)

    id: UUID
    conversation_id: UUID
    sender_id: UUID
    kind: Literal["text", "locked", "tip"]
    content: str | None
    media_url: str | None
    media_type: MediaType | None
    thumbnail_url: str | None
    unlock_price: Coins | None
    is_locked: bool
    tip_amount: Coins | None
    created_at: Timestamp


class Messages(Output):
    """A page of a conversation's messages, newest first."""

    model_config = example(messages=[MESSAGE, _LOCKED], nextCursor=None)

    messages: list[Message]
    next_cursor: str | None


class Conversation(Output):
    """A conversation as a list shows it; the preview of a locked message or a tip is a label."""

    id: UUID
    other_user: MiniUser
    preview: str
    last_sender_id: UUID
    last_message_at: Timestamp
    unread_count: int


class Conversations(Output):
    """A page of the caller's conversations, newest first."""

    model_config = example(
        conversations=[
            {
                "id": SOME_CONVERSATION,
                "otherUser": MINI_USER,
                "preview": "See you tonight",
                "lastSenderId": MINI_USER["id"],
                "lastMessageAt": "2026-01-15T20:15:00Z",
                "unreadCount": 2,
            }
        ],
        nextCursor=None,
    )

    conversations: list[Conversation]
    next_cursor: str | None


class ReadRequest(Input):
    """The conversation that the caller has read."""

    model_config = example(conversationId=SOME_CONVERSATION)

    conversation_id: UUID


class ConversationRead(Output):
    """What is left unread of a conversation: nothing."""

    model_config = example(conversationId=SOME_CONVERSATION, unreadCount=0)

    conversation_id: UUID
    unread_count: int


class UnreadCount(Output):
    """How many messages the caller has not read."""

    model_config = example(unreadCount=3)

    unread_count: int


class IntroductionRequest(Input):
    """A request to write to somebody who takes messages from few."""

    model_config = example(recipientId=MINI_USER["id"], content="May I ask you about your piano?")

    recipient_id: UUID
    content: Annotated[Line, Field(max_length=500)]


class Introduction(Output):
    """A request to write, as it stands."""

    model_config = example(**_REQUEST)

    id: UUID
    sender: MiniUser
    recipient_id: UUID
    content: str
    status: Literal["pending", "accepted", "declined"]
    created_at: Timestamp
    answered_at: Timestamp | None


class Introductions(Output):
    """A page of the requests that wait for the caller's answer, newest first."""

    model_config = example(requests=[_REQUEST], nextCursor=None)

    requests: list[Introduction]
    next_cursor: str | None
