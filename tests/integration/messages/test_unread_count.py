"""GET /api/messages/unread-count."""

from tests.integration.api import Api
from tests.integration.messages.talk import send, unread
from tests.integration.people import Owner, People, Person


def test_nothing_is_unread_at_first(api: Api, fan: Person) -> None:
    answer = api.get("/api/messages/unread-count", fan.token)

    assert (answer.status, answer.json) == (200, {"unreadCount": 0})


def test_unread_messages_are_counted_over_all_conversations(
    api: Api, people: People, fan: Person
) -> None:
    for _ in range(3):
        other = people.fan()
        send(api, other, fan)
        send(api, other, fan)
    send(api, fan, other)

    assert unread(api, fan) == 6


def test_counting_touches_no_message_row(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    """Were they locked against readers, the count would wait for them."""
    send(api, fan, creator)
    with owner.transaction():
        owner.execute("lock table public.messages in access exclusive mode")

        assert unread(api, creator) == 1
