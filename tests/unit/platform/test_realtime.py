"""Realtime is spoken to as it wants to be, and its refusals and outages are told apart."""

import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from pydantic import ValidationError

from limelight.platform.realtime import Event, EventsRefused, Realtime, RealtimeUnavailable
from limelight.realtime.service import LEASE_SECONDS
from tests.unit.servers import Served, serving

TOPIC = "stream:9b3ce1f2-7d1c-4b7e-9f26-0d52a8a4c001"
EVENT = Event(
    7, UUID("1c0f6a4e-2a53-4f9f-8f6e-7d5ad9c6b001"), "gift", {"coins": 5, "name": "Late ☾"}
)


@pytest.fixture
def extension(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The secret store, whose key the project's is."""
    with serving(lambda: keeping("sb_secret_first")) as served:
        monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(served.port))
        monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
        monkeypatch.setenv("SUPABASE_SECRET_ID", "limelight/test/supabase")
        yield served


@pytest.fixture
def project(extension: Served, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """The project, whose Realtime takes everything."""
    with serving(lambda: (202, b"")) as served:
        monkeypatch.setenv("SUPABASE_URL", served.url)
        yield served


def keeping(key: str) -> tuple[int, bytes]:
    return 200, json.dumps({"SecretString": json.dumps({"secretKey": key})}).encode()


def send(*events: Event) -> None:
    with Realtime() as realtime:
        realtime.send(TOPIC, events)


def keys_of(project: Served) -> list[str]:
    return [asked.headers["apikey"] for asked in project.asked]


def test_events_go_out_in_one_call_to_a_private_channel_with_their_ids(project: Served) -> None:
    send(EVENT, Event(9, UUID(int=9), "tip", {}))

    (asked,) = project.asked
    assert asked.path == "/realtime/v1/api/broadcast"
    assert asked.headers["apikey"] == "sb_secret_first"
    assert asked.headers["Authorization"] == "Bearer sb_secret_first"
    assert asked.headers["Content-Type"] == "application/json"
    assert json.loads(asked.body) == {
        "messages": [
            {
                "topic": TOPIC,
                "event": "gift",
                "payload": {"coins": 5, "name": "Late ☾", "eventId": str(EVENT.event_id)},
                "private": True,
            },
            {
                "topic": TOPIC,
                "event": "tip",
                "payload": {"eventId": str(UUID(int=9))},
                "private": True,
            },
        ]
    }


def test_a_payload_cannot_pass_for_another_event(project: Served) -> None:
    send(Event(1, EVENT.event_id, "chat", {"eventId": "forged"}))

    (message,) = json.loads(project.asked[0].body)["messages"]
    assert message["payload"]["eventId"] == str(EVENT.event_id)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_what_realtime_will_not_take_is_refused(project: Served, status: int) -> None:
    project.answer = lambda: (status, b"")

    with pytest.raises(EventsRefused) as refusal:
        send(EVENT)

    assert refusal.value.status == status


@pytest.mark.parametrize("status", [301, 302, 404, 405, 408, 409, 410, 429, 500, 502, 503, 504])
def test_any_other_answer_is_an_outage(project: Served, status: int) -> None:
    project.answer = lambda: (status, b"")

    with pytest.raises(RealtimeUnavailable, match=f"^status {status}$"):
        send(EVENT)


def test_a_call_that_is_hung_up_on_is_an_outage(project: Served) -> None:
    project.answer = lambda: None

    with pytest.raises(RealtimeUnavailable) as outage:
        send(EVENT)

    assert TOPIC not in str(outage.value)


def test_the_longest_call_is_over_well_before_the_lease_of_its_topic(
    project: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REALTIME_TIMEOUT_SECONDS", "5")
    with Realtime() as realtime:
        assert realtime.seconds_per_call < LEASE_SECONDS

    monkeypatch.setenv("REALTIME_TIMEOUT_SECONDS", "5.1")
    with pytest.raises(ValidationError):
        Realtime()


# The secret key


def test_the_key_is_read_when_it_is_first_needed_and_then_kept(
    extension: Served, project: Served
) -> None:
    with Realtime() as realtime:
        assert extension.asked == []
        for _ in range(3):
            realtime.send(TOPIC, [EVENT])

    assert len(extension.asked) == 1
    assert keys_of(project) == ["sb_secret_first"] * 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_was_rotated_is_read_again_and_used_at_once(
    extension: Served, project: Served, status: int
) -> None:
    answers = iter([(202, b""), (status, b""), (202, b""), (202, b"")])
    project.answer = lambda: next(answers)

    with Realtime() as realtime:
        realtime.send(TOPIC, [EVENT])
        extension.answer = lambda: keeping("sb_secret_second")
        realtime.send(TOPIC, [EVENT])
        realtime.send(TOPIC, [EVENT])

    assert keys_of(project) == ["sb_secret_first"] * 2 + ["sb_secret_second"] * 2


def test_a_key_that_stays_wrong_is_an_outage_and_the_store_is_asked_once_more_and_no_oftener(
    extension: Served, project: Served
) -> None:
    project.answer = lambda: (401, b"")

    with Realtime() as realtime:
        for _ in range(3):
            with pytest.raises(RealtimeUnavailable, match="status 401"):
                realtime.send(TOPIC, [EVENT])

    assert len(extension.asked) == 2


@pytest.mark.parametrize("answer", [(500, b""), (200, b'{"SecretString": "{}"}')], ids=repr)
def test_without_a_key_realtime_cannot_be_reached(
    extension: Served, project: Served, answer: tuple[int, bytes]
) -> None:
    extension.answer = lambda: answer

    with pytest.raises(RealtimeUnavailable, match="secret key"):
        send(EVENT)

    assert project.asked == []
