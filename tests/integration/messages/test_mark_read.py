"""POST /api/messages/mark-read."""

from uuid import uuid4

from tests.integration.api import Answer, Api
from tests.integration.messages.talk import conversation, send, unread
from tests.integration.people import People, Person


def mark_read(api: Api, person: Person, conversation_id: str) -> Answer:
    return api.post("/api/messages/mark-read", person.token, {"conversationId": conversation_id})


def test_what_is_read_counts_no_more_for_the_reader(api: Api, fan: Person, creator: Person) -> None:
    place = send(api, fan, creator).json["conversationId"]
    send(api, creator, fan)

    answer = mark_read(api, creator, place)

    assert (answer.status, answer.json) == (200, {"conversationId": place, "unreadCount": 0})
    assert (unread(api, creator), unread(api, fan)) == (0, 1)
    assert conversation(api, creator)["unreadCount"] == 0


def test_only_one_conversation_is_read(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    place = send(api, fan, creator).json["conversationId"]
    send(api, people.fan(), creator)

    mark_read(api, creator, place)

    assert unread(api, creator) == 1


def test_reading_twice_changes_nothing(api: Api, fan: Person, creator: Person) -> None:
    place = send(api, fan, creator).json["conversationId"]

    assert [mark_read(api, creator, place).status for _ in range(2)] == [200, 200]


def test_nobody_reads_for_others(api: Api, people: People, fan: Person, creator: Person) -> None:
    place = send(api, fan, creator).json["conversationId"]

    for stranger, where in ((people.fan(), place), (creator, str(uuid4()))):
        refused = mark_read(api, stranger, where)

        assert (refused.status, refused.code) == (404, "not_found")
    assert unread(api, creator) == 1
