"""/realtime/v1/websocket, as supabase-js and supabase-py speak it."""

import asyncio
import json
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import jwt
import psycopg
import pytest
from realtime import AsyncRealtimeClient
from realtime.types import RealtimeChannelOptions
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.sync.connection import Connection

from tests.gateway.harness import Served, serve

PATIENCE = 5
PRIVATE: RealtimeChannelOptions = {"config": {"broadcast": None, "presence": None, "private": True}}


class Socket:
    """A websocket of protocol 2.0.0."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._refs = 0

    def push(self, topic: str, event: str, payload: dict[str, Any] | None = None) -> Any:
        """Sends, and answers the payload of the reply."""
        self._refs += 1
        self.connection.send(json.dumps(["1", str(self._refs), topic, event, payload or {}]))
        while True:
            _, ref, _, event, answer = self.read()
            if event == "phx_reply" and ref == str(self._refs):
                return answer

    def read(self) -> Any:
        return json.loads(self.connection.recv(timeout=PATIENCE))

    def join(self, topic: str, token: str | None = None, **config: Any) -> Any:
        return self.push(
            f"realtime:{topic}",
            "phx_join",
            {"config": {"private": False} | config, "access_token": token},
        )

    def next_of(self, event: str) -> Any:
        """The payload of the next message of this kind."""
        while True:
            *_, kind, payload = self.read()
            if kind == event:
                return payload


def url_of(gateway: Served, version: str = "2.0.0", key: str | None = None) -> str:
    key = key or gateway.keys.publishable_key
    return f"{gateway.url.replace('http', 'ws')}/realtime/v1/websocket?apikey={key}&vsn={version}"


@pytest.fixture
def socket(gateway: Served) -> Iterator[Socket]:
    with connect(url_of(gateway)) as connection:
        yield Socket(connection)


@pytest.fixture
def topic() -> str:
    return f"stream:{uuid4()}"


@contextmanager
def listeners_of(project_url: str, topic: str) -> Iterator[None]:
    """A policy lets everybody who is signed in listen to one topic."""
    with psycopg.connect(project_url, autocommit=True) as owner:
        owner.execute(
            f"""
            create policy "test listens" on realtime.messages for select to authenticated
            using (realtime.topic() = '{topic}' and extension = 'broadcast')
            """.encode()
        )
        try:
            yield
        finally:
            owner.execute('drop policy "test listens" on realtime.messages')


def token_of(gateway: Served) -> str:
    return str(gateway.session(gateway.new_user()["email"])["access_token"])


def short_token(gateway: Served, ends: int) -> str:
    """Somebody's, until this second."""
    claims = {"role": "authenticated", "sub": str(uuid4()), "exp": ends}
    return jwt.encode(claims, gateway.keys.jwt_secret, algorithm="HS256")


def cut_off_who_waits(owner: psycopg.Connection[Any]) -> bool:
    """Ends the connections that wait for a lock of this one; whether there were any."""
    cursor = owner.execute(
        """
        select pg_terminate_backend(pid)
        from pg_locks
        where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))
        """
    )
    return cursor.fetchone() is not None


def broadcast(gateway: Served, topic: str, *, private: bool, **payload: Any) -> None:
    message = {"topic": topic, "event": "gift", "payload": payload, "private": private}
    answer = gateway.http.post(
        "/realtime/v1/api/broadcast", headers=gateway.secret, json={"messages": [message]}
    )
    assert answer.status_code == 202


def test_a_heartbeat_is_answered(socket: Socket) -> None:
    assert socket.push("phoenix", "heartbeat") == {"status": "ok", "response": {}}


def test_a_listener_hears_what_is_broadcast_in_the_order_it_was_sent(
    gateway: Served, socket: Socket, topic: str
) -> None:
    joined = socket.join(topic)
    for coins in (1, 2, 3):
        broadcast(gateway, topic, private=False, coins=coins)

    assert joined == {"status": "ok", "response": {"postgres_changes": []}}
    heard = [socket.next_of("broadcast") for _ in range(3)]
    assert heard == [
        {"type": "broadcast", "event": "gift", "payload": {"coins": coins}} for coins in (1, 2, 3)
    ]


def test_a_private_channel_is_joined_under_the_policies(
    gateway: Served, project_url: str, socket: Socket, topic: str
) -> None:
    token = token_of(gateway)
    with listeners_of(project_url, topic):
        nobody = socket.join(topic, private=True)
        elsewhere = socket.join(f"{topic}-not", token, private=True)
        joined = socket.join(topic, token, private=True)
    broadcast(gateway, f"{topic}-not", private=True, coins=1)
    broadcast(gateway, topic, private=False, coins=2)
    broadcast(gateway, topic, private=True, coins=3)

    for refused in (nobody, elsewhere):
        assert refused["status"] == "error"
        assert refused["response"]["reason"].startswith("Unauthorized: You do not have permissions")
    assert joined["status"] == "ok"
    assert socket.next_of("broadcast")["payload"] == {"coins": 3}
    assert gateway.sql("select id from realtime.messages") == []


def test_who_has_left_hears_nothing_more(gateway: Served, socket: Socket, topic: str) -> None:
    socket.join(topic)
    left = socket.push(f"realtime:{topic}", "phx_leave")
    broadcast(gateway, topic, private=False, coins=1)

    assert left["status"] == "ok"
    assert socket.read()[3] == "phx_close"
    # The next thing heard is this answer: the broadcast came before it, and was not heard.
    assert socket.push("phoenix", "heartbeat")["status"] == "ok"


def test_leaving_what_was_never_joined_is_answered_as_done(socket: Socket, topic: str) -> None:
    assert socket.push(f"realtime:{topic}", "phx_leave") == {"status": "ok", "response": {}}


def test_a_channel_ends_with_its_token_though_nothing_is_broadcast(
    gateway: Served, socket: Socket, topic: str
) -> None:
    ends = int(time.time()) + 2
    joined = socket.join(topic, short_token(gateway, ends))

    assert joined["status"] == "ok"
    assert socket.next_of("system")["status"] == "ok"
    assert socket.next_of("system")["message"] == "Token has expired"
    assert socket.read()[3] == "phx_close"
    assert time.time() >= ends
    assert socket.push(f"realtime:{topic}", "access_token")["status"] == "error"


def test_a_renewed_token_ends_the_channel_in_the_old_ones_place(
    gateway: Served, socket: Socket, topic: str
) -> None:
    first = int(time.time()) + 2
    socket.join(topic, short_token(gateway, first))
    renewal = {"access_token": short_token(gateway, first + 1)}
    socket.connection.send(json.dumps(["1", "9", f"realtime:{topic}", "access_token", renewal]))

    assert socket.next_of("system")["status"] == "ok"
    assert socket.next_of("system")["message"] == "Token has expired"
    assert time.time() >= first + 1


def test_an_outage_of_the_database_is_a_refusal_and_the_socket_goes_on(
    gateway: Served, project_url: str, socket: Socket, topic: str
) -> None:
    token = token_of(gateway)
    join = {"config": {"private": True}, "access_token": token}
    with listeners_of(project_url, topic):
        with psycopg.connect(project_url) as owner:
            owner.execute("lock table realtime.messages")
            socket.connection.send(json.dumps(["1", "9", f"realtime:{topic}", "phx_join", join]))
            # The question waits for the lock; its connection is cut under it.
            deadline = time.monotonic() + PATIENCE
            while not cut_off_who_waits(owner):
                assert time.monotonic() < deadline, "the policies were not asked"
            refused = socket.next_of("phx_reply")
        joined = socket.join(topic, token, private=True)

    assert refused["status"] == "error"
    assert refused["response"]["reason"].startswith("UnableToConnectToProject")
    assert joined["status"] == "ok"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_topic_that_the_database_cannot_hold_is_refused(socket: Socket, name: str) -> None:
    refused = socket.join(name, private=True)

    assert refused["status"] == "error"
    assert refused["response"]["reason"].startswith("Unauthorized")


@pytest.mark.parametrize("config", [[1], "private", {"presence": [1]}, {"presence": 5}])
def test_a_join_whose_config_is_of_another_shape_is_a_join_without_it(
    socket: Socket, topic: str, config: Any
) -> None:
    answer = socket.push(f"realtime:{topic}", "phx_join", {"config": config})

    assert answer["status"] == "ok"
    assert socket.push("phoenix", "heartbeat")["status"] == "ok"


def test_a_broken_token_joins_nothing(socket: Socket, topic: str) -> None:
    refused = socket.join(topic, "broken")

    assert refused["status"] == "error"
    assert refused["response"]["reason"].startswith("InvalidJWTToken")


def test_a_renewed_token_that_may_not_listen_ends_the_channel(
    gateway: Served, project_url: str, socket: Socket, topic: str
) -> None:
    with listeners_of(project_url, topic):
        socket.join(topic, token_of(gateway), private=True)
    channel = f"realtime:{topic}"
    renewal = ["1", "9", channel, "access_token", {"access_token": token_of(gateway)}]
    socket.connection.send(json.dumps(renewal))

    assert socket.next_of("system")["status"] == "ok"
    assert socket.next_of("system")["message"].startswith("Unauthorized")
    assert socket.read()[3] == "phx_close"
    broadcast(gateway, topic, private=True, coins=1)
    assert socket.push("phoenix", "heartbeat")["status"] == "ok"


def test_a_renewed_token_that_may_listen_changes_nothing_else(
    gateway: Served, project_url: str, socket: Socket, topic: str
) -> None:
    with listeners_of(project_url, topic):
        socket.join(topic, token_of(gateway), private=True)
        renewal = {"access_token": token_of(gateway)}
        socket.connection.send(json.dumps(["1", "9", f"realtime:{topic}", "access_token", renewal]))
        broadcast(gateway, topic, private=True, coins=1)

        assert socket.next_of("broadcast")["payload"] == {"coins": 1}


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"postgres_changes": [{"event": "*"}]}, "postgres_changes: not served"),
        ({"presence": {"enabled": True}}, "presence: not served"),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    socket: Socket, topic: str, config: dict[str, Any], reason: str
) -> None:
    refused = socket.join(topic, **config)

    assert refused["status"] == "error"
    assert refused["response"]["reason"].startswith(reason)


def test_a_broadcast_of_a_client_is_refused_by_name(socket: Socket, topic: str) -> None:
    socket.join(topic)
    channel = f"realtime:{topic}".encode()
    # As supabase-js writes it: kind, lengths of join ref, ref, topic, event and metadata, JSON.
    head = struct.pack("7B", 3, 1, 1, len(channel), 4, 0, 1)
    socket.connection.send(head + b"17" + channel + b"gift" + b"{}")

    assert socket.next_of("system")["status"] == "ok"
    assert "listeners of broadcasts only" in socket.next_of("phx_reply")["response"]["reason"]


@pytest.mark.parametrize(
    "frame", ["", b"", "nonsense", "[1]", '{"topic": 1}', b"\x09", "[" * 100_000]
)
def test_a_frame_that_is_no_message_ends_the_connection(socket: Socket, frame: str | bytes) -> None:
    socket.connection.send(frame)

    with pytest.raises(ConnectionClosed) as closed:
        socket.connection.recv(timeout=PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1003


@pytest.mark.parametrize(("version", "key"), [("2.0.0", "unknown"), ("9.9.9", None)])
def test_the_handshake_needs_a_known_key_and_version(
    gateway: Served, version: str, key: str | None
) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(url_of(gateway, version, key)):
        pass

    assert refused.value.response.status_code == 403


def test_supabase_py_listens_to_a_private_channel(
    gateway: Served, project_url: str, topic: str
) -> None:
    token = token_of(gateway)

    async def listen() -> dict[str, Any]:
        client = AsyncRealtimeClient(f"{gateway.url}/realtime/v1", gateway.keys.publishable_key)
        await client.connect()
        await client.set_auth(token)
        joined: asyncio.Event = asyncio.Event()
        heard: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        channel = client.channel(topic, PRIVATE)
        channel.on_broadcast("gift", lambda payload: heard.set_result(dict(payload)))
        await channel.subscribe(lambda *_: joined.set())
        async with asyncio.timeout(PATIENCE):
            await joined.wait()
            await asyncio.to_thread(broadcast, gateway, topic, private=True, coins=5)
            message = await heard
        await client.close()
        return message

    with listeners_of(project_url, topic):
        assert asyncio.run(listen())["payload"] == {"coins": 5}


def test_whoever_says_nothing_for_too_long_is_hung_up_on(gateway: Served) -> None:
    url, keys = gateway.settings.database_url, gateway.keys
    with serve(url, keys, socket_idle_seconds=0.5) as strict, connect(url_of(strict)) as connection:
        beating = Socket(connection)
        for _ in range(4):
            time.sleep(0.2)
            assert beating.push("phoenix", "heartbeat")["status"] == "ok"

        with pytest.raises(ConnectionClosed) as closed:
            connection.recv(timeout=PATIENCE)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000
