"""Every function that direct messages reach over REST, under the caller's token.

The functions are in the migration `messages`; each knows its caller from the token.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from limelight.data import user
from limelight.data.rest import Executable, Row

type Before = tuple[datetime, UUID] | None
"""The sort key of the last row already seen."""


def send(token: str, message: dict[str, Any]) -> Row:
    """Writes a message; answers it as its sender sees it."""
    return _row("messages.send", user.door(token).rpc("send_message", message))


def send_locked(token: str, message: dict[str, Any]) -> Row:
    """Writes a locked message; answers it as its sender sees it."""
    return _row("messages.send_locked", user.door(token).rpc("send_locked_message", message))


def conversations(token: str, before: Before, limit: int) -> list[Row]:
    """The caller's conversations, newest first."""
    request = user.door(token).rpc("my_conversations", _page(before, limit))
    return user.fetch_all("messages.conversations", request)


def messages(token: str, conversation_id: UUID, before: Before, limit: int) -> list[Row]:
    """A conversation's messages, newest first, as the caller may see them."""
    params = {"conversation_id": str(conversation_id), **_page(before, limit)}
    request = user.door(token).rpc("conversation_messages", params)
    return user.fetch_all("messages.conversation", request)


def mark_read(token: str, conversation_id: UUID) -> Row:
    """The caller has read a conversation."""
    params = {"conversation_id": str(conversation_id)}
    return _row("messages.mark_read", user.door(token).rpc("mark_conversation_read", params))


def unread_count(token: str) -> int | None:
    """How many messages the caller has not read; None when they may not act."""
    answer: int | None = user.call(
        "messages.unread_count", user.door(token).rpc("unread_count", {})
    )
    return answer


def request(token: str, recipient_id: UUID, content: str) -> Row:
    """Asks to write to somebody."""
    params = {"recipient_id": str(recipient_id), "content": content}
    return _row("messages.request", user.door(token).rpc("request_message", params))


def requests(token: str, before: Before, limit: int) -> list[Row]:
    """The requests that wait for the caller's answer, newest first."""
    request = user.door(token).rpc("my_message_requests", _page(before, limit))
    return user.fetch_all("messages.requests", request)


def answer_request(token: str, request_id: UUID, *, accept: bool) -> Row:
    """Accepts or declines a request that the caller received."""
    params: dict[str, Any] = {"request_id": str(request_id), "accept": accept}
    return _row("messages.answer_request", user.door(token).rpc("answer_message_request", params))


def _page(before: Before, limit: int) -> dict[str, Any]:
    before_at, before_id = before or (None, None)
    return {
        "before_at": str(before_at) if before_at else None,
        "before_id": str(before_id) if before_id else None,
        "page": limit,
    }


def _row(name: str, request: Executable) -> Row:
    answer: Row = user.call(name, request)
    return answer
