"""GET /api/messages/conversations."""

from tests.integration.api import Api
from tests.integration.messages.talk import send
from tests.integration.people import People, Person

PATH = "/api/messages/conversations"


def test_there_are_none_at_first(api: Api, fan: Person) -> None:
    answer = api.get(PATH, fan.token)

    assert (answer.status, answer.json) == (200, {"conversations": [], "nextCursor": None})
    assert answer.headers["cache-control"] == "no-store"


def test_conversations_come_newest_first_page_by_page_from_both_sides(
    api: Api, people: People, fan: Person
) -> None:
    others = [people.fan() for _ in range(7)]
    for number, other in enumerate(others):
        pair = (fan, other) if number % 2 else (other, fan)
        send(api, *pair)

    pages = list(api.pages(PATH, "conversations", fan.token, limit=3))

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [one["otherUser"]["id"] for page in pages for one in page] == [
        str(other.id) for other in reversed(others)
    ]


def test_a_new_message_brings_a_conversation_to_the_top(
    api: Api, people: People, fan: Person
) -> None:
    first, second = people.fan(), people.fan()
    for other in (first, second, first):
        send(api, other, fan)

    shown = api.get(PATH, fan.token).json["conversations"]

    assert [one["otherUser"]["id"] for one in shown] == [str(first.id), str(second.id)]
    assert [one["unreadCount"] for one in shown] == [2, 1]


def test_the_conversations_of_others_are_not_listed(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    send(api, fan, creator)

    assert api.get(PATH, people.fan().token).json["conversations"] == []


def test_who_is_blocked_stays_in_the_list(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    send(api, fan, creator)
    people.block(creator, fan)

    assert len(api.get(PATH, creator.token).json["conversations"]) == 1
