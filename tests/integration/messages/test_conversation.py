"""GET /api/messages/conversations/{conversationId}."""

from uuid import uuid4

import httpx

from tests.integration.api import Api
from tests.integration.messages.talk import send
from tests.integration.people import People, Person

PATH = "/api/messages/conversations"


def test_messages_come_newest_first_page_by_page(api: Api, fan: Person, creator: Person) -> None:
    for number in range(5):
        sent = send(api, fan, creator, f"message {number}").json
    path = f"{PATH}/{sent['conversationId']}"

    pages = list(api.pages(path, "messages", creator.token, limit=2))

    assert [len(page) for page in pages] == [2, 2, 1]
    assert [one["content"] for page in pages for one in page] == [
        f"message {number}" for number in (4, 3, 2, 1, 0)
    ]


def test_nobody_reads_the_conversation_of_others(
    api: Api, people: People, admin: Person, fan: Person, creator: Person
) -> None:
    """An earlier product let any user read any conversation."""
    sent = send(api, fan, creator).json

    for stranger in (people.fan(), people.creator(), admin):
        refused = api.get(f"{PATH}/{sent['conversationId']}", stranger.token)

        assert (refused.status, refused.code) == (404, "not_found")


def test_a_conversation_that_is_not_there_is_not_found(api: Api, fan: Person) -> None:
    refused = api.get(f"{PATH}/{uuid4()}", fan.token)

    assert (refused.status, refused.code) == (404, "not_found")


def test_reading_changes_nothing(api: Api, fan: Person, creator: Person) -> None:
    sent = send(api, fan, creator).json

    api.get(f"{PATH}/{sent['conversationId']}", creator.token)

    assert api.get("/api/messages/unread-count", creator.token).json == {"unreadCount": 1}


def test_content_is_no_column_that_rest_gives_out(
    api: Api, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    send(api, fan, creator, "between us")

    answer = supabase.get(
        "/rest/v1/messages?select=content", headers={"Authorization": f"Bearer {creator.token}"}
    )

    assert answer.status_code == 403
    assert "between us" not in answer.text
