"""Direct messages. Who may write to whom is decided in the database (migration `messages`)."""

from typing import Final
from uuid import UUID

from pydantic import AwareDatetime

from limelight.errors import Problem
from limelight.messages import queries
from limelight.messages.models import (
    Conversation,
    ConversationRead,
    Conversations,
    Introduction,
    IntroductionRequest,
    Introductions,
    LockedMessageRequest,
    Message,
    MessageRequest,
    Messages,
    UnreadCount,
)
from limelight.paging import Keyset, PageRequest

CONVERSATIONS_NEWEST_FIRST: Final = Keyset("messages.conversations", tuple[AwareDatetime, UUID])
NEWEST_FIRST: Final = Keyset("messages.messages", tuple[AwareDatetime, UUID])
REQUESTS_NEWEST_FIRST: Final = Keyset("messages.requests", tuple[AwareDatetime, UUID])


def send(token: str, request: MessageRequest) -> Message:
    """Writes to somebody who takes messages from the caller."""
    return Message.model_validate(queries.send(token, request.model_dump(mode="json")))


def send_locked(token: str, request: LockedMessageRequest) -> Message:
    """Writes a message whose content must be paid for."""
    return Message.model_validate(queries.send_locked(token, request.model_dump(mode="json")))


def conversations(token: str, page: PageRequest) -> Conversations:
    """The caller's conversations, newest first."""
    before = page.after(CONVERSATIONS_NEWEST_FIRST)
    shown, last = page.split(queries.conversations(token, before, page.probe))
    return Conversations(
        conversations=[Conversation.model_validate(row) for row in shown],
        next_cursor=(
            CONVERSATIONS_NEWEST_FIRST.cursor((last["last_message_at"], last["id"]))
            if last
            else None
        ),
    )


def messages(token: str, conversation_id: UUID, page: PageRequest) -> Messages:
    """A conversation's messages, newest first; it is not there for anybody but its two parties."""
    before = page.after(NEWEST_FIRST)
    shown, last = page.split(queries.messages(token, conversation_id, before, page.probe))
    return Messages(
        messages=[Message.model_validate(row) for row in shown],
        next_cursor=NEWEST_FIRST.cursor((last["created_at"], last["id"])) if last else None,
    )


def mark_read(token: str, conversation_id: UUID) -> ConversationRead:
    """Nothing of the conversation is unread any more."""
    return ConversationRead.model_validate(queries.mark_read(token, conversation_id))


def unread_count(token: str) -> UnreadCount:
    """How many messages the caller has not read."""
    count = queries.unread_count(token)
    if count is None:
        raise Problem("forbidden")
    return UnreadCount(unread_count=count)


def request(token: str, asked: IntroductionRequest) -> Introduction:
    """Asks somebody who takes messages from few; one request of a pair is open at a time."""
    return Introduction.model_validate(queries.request(token, asked.recipient_id, asked.content))


def requests(token: str, page: PageRequest) -> Introductions:
    """The requests that wait for the caller's answer, newest first."""
    before = page.after(REQUESTS_NEWEST_FIRST)
    shown, last = page.split(queries.requests(token, before, page.probe))
    return Introductions(
        requests=[Introduction.model_validate(row) for row in shown],
        next_cursor=(
            REQUESTS_NEWEST_FIRST.cursor((last["created_at"], last["id"])) if last else None
        ),
    )


def accept(token: str, request_id: UUID) -> Introduction:
    """Accepts a request: it becomes the first message of a conversation."""
    return Introduction.model_validate(queries.answer_request(token, request_id, accept=True))


def decline(token: str, request_id: UUID) -> Introduction:
    """Declines a request."""
    return Introduction.model_validate(queries.answer_request(token, request_id, accept=False))
