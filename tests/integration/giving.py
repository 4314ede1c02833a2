"""What viewers give to a stream, over the API, and the traces that it leaves."""

from typing import Any

from tests.integration.api import Answer, Api
from tests.integration.ledger import GIFTS
from tests.integration.people import Owner, Person


def give(
    api: Api, stream: str, person: Person, gift: str = "Star", quantity: int = 1, key: str = ""
) -> Answer:
    """Sends a gift of the catalogue; a new key unless one is given."""
    return api.pay(f"/api/streams/{stream}/gift", person.token, a_gift(gift, quantity), key or None)


def a_gift(gift: str, quantity: int = 1) -> dict[str, Any]:
    """The body of a gift."""
    return {"giftId": GIFTS[gift], "quantity": quantity}


def tip(
    api: Api, stream: str, person: Person, amount: object = 10, key: str = "", **fields: object
) -> Answer:
    """Sends a tip; a new key unless one is given."""
    body = {"amount": amount} | fields
    return api.pay(f"/api/streams/{stream}/tip", person.token, body, key or None)


def balance_of(api: Api, person: Person) -> int:
    return int(api.get("/api/wallet/balance", person.token).json["balance"])


def chat_lines(owner: Owner, stream: str) -> list[tuple[str, str]]:
    """The kind and content of the stream's chat lines, oldest first."""
    rows = owner.execute(
        "select kind, content from public.stream_messages where stream_id = %s order by created_at",
        (stream,),
    )
    return [(str(kind), str(content)) for kind, content in rows]


def told(owner: Owner, stream: str, event: str) -> list[dict[str, Any]]:
    """What the stream's listeners will hear under this name, oldest first."""
    rows = owner.execute(
        "select payload from public.outbox where topic = %s and event = %s order by id",
        (f"stream:{stream}", event),
    )
    return [payload for (payload,) in rows]
