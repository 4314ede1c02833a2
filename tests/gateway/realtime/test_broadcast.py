"""POST /realtime/v1/api/broadcast."""

from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from tests.gateway.harness import Served


def message(topic: str, /, **changes: Any) -> dict[str, Any]:
    return {"topic": topic, "event": "gift", "payload": {"coins": 5}, "private": False} | changes


def broadcast(gateway: Served, headers: dict[str, str], *messages: Any) -> httpx.Response:
    return gateway.http.post(
        "/realtime/v1/api/broadcast", headers=headers, json={"messages": list(messages)}
    )


def received(gateway: Served, topic: str) -> list[dict[str, Any]]:
    answer = gateway.http.get(
        "/realtime/v1/_local/broadcasts", headers=gateway.secret, params={"topic": topic}
    )
    broadcasts: list[dict[str, Any]] = answer.json()["broadcasts"]
    return broadcasts


@pytest.fixture
def topic() -> str:
    return f"stream:{uuid4()}"


def test_a_batch_is_accepted_and_kept_in_the_order_it_was_sent(gateway: Served, topic: str) -> None:
    answer = broadcast(
        gateway,
        gateway.secret,
        message(topic, event="gift", payload={"coins": 5}, private=True),
        message(topic, event="tip", payload={}),
    )

    assert (answer.status_code, answer.content) == (202, b"")
    kept = received(gateway, topic)
    assert [(b["event"], b["payload"], b["private"], b["role"]) for b in kept] == [
        ("gift", {"coins": 5}, True, "service_role"),
        ("tip", {}, False, "service_role"),
    ]


def test_the_publishable_key_may_broadcast_in_public(gateway: Served, topic: str) -> None:
    assert broadcast(gateway, gateway.anon, message(topic)).status_code == 202
    assert [b["role"] for b in received(gateway, topic)] == ["anon"]


@pytest.mark.parametrize(("query", "private"), [("", False), ("?private=true", True)])
def test_one_message_may_name_its_topic_and_event_in_the_path(
    gateway: Served, topic: str, query: str, private: bool
) -> None:
    answer = gateway.http.post(
        f"/realtime/v1/api/broadcast/{topic}/events/gift{query}",
        headers=gateway.secret,
        json={"coins": 5},
    )

    assert (answer.status_code, answer.content) == (202, b"")
    kept = received(gateway, topic)
    assert [(b["event"], b["payload"], b["private"]) for b in kept] == [
        ("gift", {"coins": 5}, private)
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", b"[1]", 422),
        ("application/json", b"nonsense", 422),
        ("application/octet-stream", b"{}", 415),
    ],
)
def test_one_message_with_another_payload_is_refused(
    gateway: Served, topic: str, content_type: str, body: bytes, status: int
) -> None:
    answer = gateway.http.post(
        f"/realtime/v1/api/broadcast/{topic}/events/gift",
        headers={**gateway.secret, "Content-Type": content_type},
        content=body,
    )

    assert answer.status_code == status
    assert received(gateway, topic) == []


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"topic": None}, {"topic": ["can't be blank"]}),
        ({"topic": "  "}, {"topic": ["can't be blank"]}),
        ({"event": None}, {"event": ["can't be blank"]}),
        ({"payload": None}, {"payload": ["can't be blank"]}),
        ({"payload": "text"}, {"payload": ["is invalid"]}),
        ({"payload": [1]}, {"payload": ["is invalid"]}),
        ({"topic": 1}, {"topic": ["is invalid"]}),
        ({"private": "yes"}, {"private": ["is invalid"]}),
    ],
)
def test_a_message_that_lacks_something_fails_the_whole_batch(
    gateway: Served, topic: str, changes: dict[str, Any], errors: dict[str, Any]
) -> None:
    answer = broadcast(gateway, gateway.secret, message(topic), message(topic, **changes))

    assert answer.status_code == 422
    assert answer.json() == {"errors": {"messages": [{}, errors]}}
    assert received(gateway, topic) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"{}", "can't be blank"),
        (b'{"messages": []}', "can't be blank"),
        (b'{"messages": {}}', "is invalid"),
        (b"[]", "can't be blank"),
        (b"nonsense", "can't be blank"),
    ],
)
def test_a_body_without_messages_is_refused(gateway: Served, body: bytes, reason: str) -> None:
    answer = gateway.http.post("/realtime/v1/api/broadcast", headers=gateway.secret, content=body)

    assert (answer.status_code, answer.json()) == (422, {"errors": {"messages": [reason]}})


def test_a_private_message_needs_a_policy_on_realtime_messages(
    gateway: Served, project_url: str, topic: str
) -> None:
    session = gateway.session(gateway.new_user()["email"])
    fan = gateway.as_user(session["access_token"])
    before = broadcast(gateway, fan, message(topic, private=True))

    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute(
            """
            create policy "test" on realtime.messages for insert to authenticated
            with check (realtime.topic() like 'stream:%' and (select auth.uid()) is not null)
            """
        )
        try:
            after = broadcast(gateway, fan, message(topic, private=True, event="allowed"))
            elsewhere = broadcast(gateway, fan, message("other", private=True))
        finally:
            owner.execute('drop policy "test" on realtime.messages')

    # Dropped without a word, as Realtime does.
    assert {before.status_code, after.status_code, elsewhere.status_code} == {202}
    assert [b["event"] for b in received(gateway, topic)] == ["allowed"]
    assert received(gateway, "other") == []
    assert gateway.sql("select id from realtime.messages") == []


def test_a_broken_token_cannot_broadcast(gateway: Served, topic: str) -> None:
    answer = broadcast(gateway, gateway.as_user("broken"), message(topic))

    assert answer.status_code == 401
    assert received(gateway, topic) == []


def test_what_was_broadcast_is_shown_to_servers_only(gateway: Served) -> None:
    answer = gateway.http.get("/realtime/v1/_local/broadcasts", headers=gateway.anon)

    assert answer.status_code == 403


def test_the_database_can_send_as_well(gateway: Served, project_url: str, topic: str) -> None:
    with psycopg.connect(project_url) as connection:
        connection.execute("select realtime.send('{\"a\": 1}'::jsonb, 'gift', %s, true)", [topic])
        row = connection.execute(
            "select payload, event, private, extension from realtime.messages where topic = %s",
            [topic],
        ).fetchone()
        connection.rollback()

    assert row == ({"a": 1}, "gift", True, "broadcast")
