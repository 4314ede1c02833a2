"""What the tests of direct messages share: writing, and reading what came of it."""

from typing import Any

from tests.integration.api import Answer, Api
from tests.integration.people import Owner, Person


def send(
    api: Api, sender: Person, recipient: Person, content: str = "Hello", **more: object
) -> Answer:
    body = {"recipientId": str(recipient.id), "content": content} | more
    return api.post("/api/messages/send", sender.token, body)


def send_locked(
    api: Api, sender: Person, recipient: Person, price: int = 40, **more: object
) -> Answer:
    body = {"recipientId": str(recipient.id), "content": "The secret", "unlockPrice": price} | more
    return api.post("/api/messages/send-locked", sender.token, body)


def conversation(api: Api, person: Person) -> dict[str, Any]:
    """The newest of a person's conversations, as their list shows it."""
    shown: dict[str, Any] = api.get("/api/messages/conversations", person.token).json[
        "conversations"
    ][0]
    return shown


def messages(api: Api, person: Person, conversation_id: str) -> list[dict[str, Any]]:
    path = f"/api/messages/conversations/{conversation_id}"
    shown: list[dict[str, Any]] = api.get(path, person.token).json["messages"]
    return shown


def unread(api: Api, person: Person) -> int:
    return int(api.get("/api/messages/unread-count", person.token).json["unreadCount"])


def accepts(owner: Owner, person: Person, whom: str) -> None:
    """Says from whom a person takes messages."""
    owner.execute(
        """
        insert into public.message_settings (user_id, accepts)
        values (%s, %s)
        on conflict (user_id) do update set accepts = excluded.accepts
        """,
        [person.id, whom],
    )


def told(owner: Owner, person: Person) -> list[tuple[str, dict[str, Any]]]:
    """What a person's listeners are told, oldest first: `(event, payload)`."""
    return owner.execute(
        "select event, payload from public.outbox where topic = %s order by id",
        [f"user:{person.id}"],
    ).fetchall()
