"""POST /api/messages/send-locked."""

import httpx
import pytest

from tests.integration.api import Api
from tests.integration.messages.talk import conversation, messages, send_locked
from tests.integration.people import People, Person

MEDIA = {
    "mediaUrl": "https://cdn.example.com/secret.mp4",
    "mediaType": "video",
    "thumbnailUrl": "https://cdn.example.com/blurred.jpg",
}


def test_its_sender_sees_all_of_a_locked_message(api: Api, fan: Person, creator: Person) -> None:
    answer = send_locked(api, creator, fan, 40, **MEDIA)

    assert answer.status == 201
    shown = {name: answer.json[name] for name in ("kind", "content", "unlockPrice", "isLocked")}
    assert shown == {
        "kind": "locked", "content": "The secret", "unlockPrice": 40, "isLocked": False,
    }  # fmt: skip
    assert {name: answer.json[name] for name in MEDIA} == MEDIA


def test_the_recipient_sees_that_there_is_something_and_what_it_costs(
    api: Api, fan: Person, creator: Person
) -> None:
    sent = send_locked(api, creator, fan, 40, **MEDIA).json

    (shown,) = messages(api, fan, sent["conversationId"])

    assert (shown["isLocked"], shown["unlockPrice"], shown["mediaType"]) == (True, 40, "video")
    assert (shown["content"], shown["mediaUrl"]) == (None, None)
    assert shown["thumbnailUrl"] == MEDIA["thumbnailUrl"]
    assert conversation(api, fan)["preview"] == "Locked message"


def test_nothing_that_must_be_paid_for_is_read_over_rest(
    api: Api, fan: Person, creator: Person, supabase: httpx.Client
) -> None:
    send_locked(api, creator, fan, 40, **MEDIA)
    headers = {"Authorization": f"Bearer {fan.token}"}

    for path in ("messages", "conversations", "message_requests", "message_unlocks"):
        answer = supabase.get(f"/rest/v1/{path}", headers=headers)

        assert "secret" not in answer.text


def test_a_fan_locks_nothing(api: Api, fan: Person, creator: Person) -> None:
    refused = send_locked(api, fan, creator)

    assert (refused.status, refused.code) == (403, "role_required")


def test_a_creator_locks_nothing_for_who_has_blocked_them(
    api: Api, people: People, fan: Person, creator: Person
) -> None:
    people.block(fan, creator)

    refused = send_locked(api, creator, fan)

    assert (refused.status, refused.code) == (403, "blocked")


@pytest.mark.parametrize("price", [0, -1, 100_001, 1.5, "40", None])
def test_a_price_is_a_whole_number_of_coins(
    api: Api, fan: Person, creator: Person, price: object
) -> None:
    refused = send_locked(api, creator, fan, unlockPrice=price)

    assert (refused.status, refused.code) == (422, "validation_failed")
    assert [fault["pointer"] for fault in refused.json["errors"]] == ["/unlockPrice"]
