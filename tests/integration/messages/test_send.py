"""POST /api/messages/send."""

import threading
from uuid import uuid4

import httpx
import pytest

from tests.integration.api import Api
from tests.integration.messages.talk import accepts, conversation, messages, send, told, unread
from tests.integration.people import Owner, People, Person


def test_a_message_is_answered_as_its_sender_sees_it(
    api: Api, fan: Person, creator: Person
) -> None:
    answer = send(
        api, fan, creator, "Hi", mediaUrl="https://cdn.example.com/a.png", mediaType="image"
    )

    assert answer.status == 201
    shown = answer.json
    assert shown.pop("id")
    assert shown.pop("conversationId")
    assert shown.pop("createdAt").endswith("Z")
    assert shown == {
        "senderId": str(fan.id), "kind": "text", "content": "Hi", "isLocked": False,
        "mediaUrl": "https://cdn.example.com/a.png", "mediaType": "image", "thumbnailUrl": None,
        "unlockPrice": None, "tipAmount": None,
    }  # fmt: skip


def test_both_parties_have_one_conversation_whoever_writes(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    first = send(api, fan, creator, "Hi").json["conversationId"]
    second = send(api, creator, fan, "Hello").json["conversationId"]

    assert first == second
    assert [one["content"] for one in messages(api, fan, first)] == ["Hello", "Hi"]
    assert messages(api, fan, first) == messages(api, creator, first)


def test_a_message_is_on_top_with_its_preview_and_unread_by_the_other(
    api: Api, fan: Person, creator: Person
) -> None:
    send(api, fan, creator, "x" * 150)

    theirs, mine = conversation(api, creator), conversation(api, fan)
    assert theirs["preview"] == "x" * 100
    assert (theirs["unreadCount"], mine["unreadCount"]) == (1, 0)
    assert theirs["otherUser"]["id"] == str(fan.id)
    assert mine["otherUser"]["id"] == str(creator.id)
    assert theirs["lastSenderId"] == mine["lastSenderId"] == str(fan.id)
    assert (unread(api, creator), unread(api, fan)) == (1, 0)


def test_the_recipient_is_told_without_the_content(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    sent = send(api, fan, creator, "between us").json

    ((event, payload),) = told(owner, creator)
    assert event == "message"
    assert (payload["messageId"], payload["kind"]) == (sent["id"], "text")
    assert payload["sender"]["username"] == fan.username
    assert "between us" not in str(payload)
    assert told(owner, fan) == []


def test_two_who_write_to_each_other_first_at_once_share_a_conversation(
    people: People, owner: Owner, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    def write(sender: Person, recipient: Person) -> None:
        supabase.post(
            "/rest/v1/rpc/send_message",
            json={
                "recipient_id": str(recipient.id), "content": "Hi", "media_url": None,
                "media_type": None,
            },
            headers={"Authorization": f"Bearer {sender.token}"},
        ).raise_for_status()  # fmt: skip

    threads = [
        threading.Thread(target=write, args=pair) for pair in [(fan, creator), (creator, fan)] * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rows = owner.execute(
        """
        select c.first_unread + c.second_unread, count(m.id)
        from public.conversations c
        join public.messages m on m.conversation_id = c.id
        where %(id)s in (c.first_id, c.second_id)
        group by c.id
        """,
        {"id": fan.id},
    ).fetchall()
    assert rows == [(6, 6)]


@pytest.mark.parametrize("blocker", ["the sender", "the recipient"])
def test_nobody_writes_across_a_block_even_in_an_old_conversation(
    api: Api, people: People, fan: Person, creator: Person, blocker: str
) -> None:
    send(api, fan, creator)
    people.block(*((fan, creator) if blocker == "the sender" else (creator, fan)))

    refused = send(api, fan, creator)

    assert (refused.status, refused.code) == (403, "blocked")
    assert unread(api, creator) == 1


def test_nobody_writes_to_themselves(api: Api, fan: Person) -> None:
    refused = send(api, fan, fan)

    assert (refused.status, refused.code) == (422, "self_message")


@pytest.mark.parametrize("gone", ["never was", "suspended", "deleted"])
def test_nobody_writes_to_who_is_not_there(
    api: Api, people: People, fan: Person, creator: Person, gone: str
) -> None:
    if gone == "suspended":
        people.suspend(creator)
    elif gone == "deleted":
        people.set(creator, status="deleted")
    recipient = uuid4() if gone == "never was" else creator.id

    refused = api.post(
        "/api/messages/send", fan.token, {"recipientId": str(recipient), "content": "Hi"}
    )

    assert (refused.status, refused.code) == (404, "not_found")


def test_who_takes_no_messages_gets_none(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    accepts(owner, creator, "nobody")

    refused = send(api, fan, creator)

    assert (refused.status, refused.code) == (403, "messages_closed")


def test_who_takes_messages_from_few_must_be_asked_first(
    api: Api, owner: Owner, people: People, fan: Person, creator: Person
) -> None:
    accepts(owner, creator, "following")

    refused = send(api, fan, creator)
    people.follow(creator, fan)
    allowed = send(api, fan, creator)

    assert (refused.status, refused.code) == (403, "request_required")
    assert allowed.status == 201


def test_a_conversation_stays_open_whatever_is_set_later(
    api: Api, owner: Owner, fan: Person, creator: Person
) -> None:
    send(api, fan, creator)
    accepts(owner, creator, "nobody")

    assert send(api, fan, creator).status == 201


@pytest.mark.parametrize(
    "body",
    [
        {"content": ""},
        {"content": "  "},
        {"content": "x" * 2001},
        {"mediaUrl": "http://cdn.example.com/a.png"},
        {"mediaUrl": "javascript:alert(1)"},
        {"mediaType": "program"},
        {"unlockPrice": 5},
        {"senderId": "00000000-0000-4000-8000-000000000000"},
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_message_that_makes_no_sense_is_refused(
    api: Api, fan: Person, creator: Person, body: dict[str, object]
) -> None:
    refused = send(api, fan, creator, **({"content": "Hi"} | body))  # type: ignore[arg-type]

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_a_media_type_needs_media(api: Api, fan: Person, creator: Person) -> None:
    refused = send(api, fan, creator, mediaType="image")

    assert (refused.status, refused.code) == (422, "validation_failed")


def test_a_suspended_user_writes_nothing_even_where_they_are_still_trusted(
    people: People, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    people.suspend(fan)

    answer = supabase.post(
        "/rest/v1/rpc/send_message",
        json={
            "recipient_id": str(creator.id),
            "content": "Hi",
            "media_url": None,
            "media_type": None,
        },
        headers={"Authorization": f"Bearer {fan.token}"},
    )

    assert answer.json()["message"] == "forbidden"
