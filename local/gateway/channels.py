"""Supabase Realtime's websocket, `/realtime/v1/websocket`: who listens to which channel.

What is served is what a listener of broadcasts needs: heartbeats, joining and leaving, the access
token and its renewal. A private channel is joined under the policies on `realtime.messages`, asked
as Realtime asks them, and closed when its token ends. Presence, changes of tables and broadcasts
from clients are refused by name.

It is simpler than Realtime in this: there are no limits of channels or of messages a second, and
what was broadcast is not replayed.
"""

import asyncio
import contextlib
import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from starlette.websockets import WebSocket, WebSocketDisconnect

from local.gateway.apikeys import ApiKeys
from local.gateway.auth.database import Connection, Database
from local.gateway.auth.errors import AuthError
from local.gateway.auth.tokens import TokenSigner
from local.gateway.phoenix import VERSIONS, Message, decode, encode
from local.gateway.settings import GatewaySettings

PREFIX: Final = "realtime:"
BACKLOG: Final = 1000
"""Messages that may wait for one listener; whoever falls further behind is hung up on."""
EXPIRED: Final = "Token has expired"
NORMAL_CLOSURE, UNSUPPORTED_DATA, INTERNAL_ERROR, TRY_AGAIN_LATER = 1000, 1003, 1011, 1013

type Claims = dict[str, Any]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Channel:
    """One topic that a socket has joined."""

    topic: str
    join_ref: str | None
    claims: Claims
    private: bool
    ending: asyncio.TimerHandle | None = None

    def seconds_left(self) -> float:
        return float(self.claims.get("exp", "inf")) - time.time()

    def stop(self) -> None:
        """It does not end by the clock any more."""
        if self.ending is not None:
            self.ending.cancel()


@dataclass(slots=True, eq=False)
class Listener:
    """One websocket and the channels that it has joined, by their topics."""

    version: str
    claims: Claims
    """Of the key that it came with: good for channels that name no token."""
    channels: dict[str, Channel] = field(default_factory=dict)
    outgoing: asyncio.Queue[Message] = field(default_factory=lambda: asyncio.Queue(BACKLOG))
    overrun: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, message: Message) -> None:
        try:
            self.outgoing.put_nowait(message)
        except asyncio.QueueFull:
            self.overrun.set()

    def keep(self, channel: Channel) -> None:
        """Listens to a channel until its token ends."""
        self.leave(channel.topic)
        self.channels[channel.topic] = channel
        seconds = channel.seconds_left()
        if seconds < float("inf"):
            loop = asyncio.get_running_loop()
            channel.ending = loop.call_later(seconds, self.drop, channel, EXPIRED)

    def leave(self, topic: str) -> None:
        """Listens no more, if it did."""
        channel = self.channels.pop(topic, None)
        if channel is not None:
            channel.stop()

    def drop(self, channel: Channel, reason: str) -> None:
        """Closes a channel that may not go on, and says why."""
        told = {"status": "error", "extension": "system", "message": reason}
        self.say(Message(channel.topic, "system", told, join_ref=channel.join_ref))
        self.say(Message(channel.topic, "phx_close", {}, channel.join_ref, channel.join_ref))
        self.leave(channel.topic)


class Channels:
    """The websockets of this process."""

    def __init__(self, settings: GatewaySettings, database: Database) -> None:
        self._keys = ApiKeys.of(settings)
        self._signer = TokenSigner(settings)
        self._database = database
        self._idle_seconds = settings.socket_idle_seconds
        self._listeners: set[Listener] = set()

    def deliver(self, topic: str, event: str, payload: dict[str, Any], *, private: bool) -> None:
        """Has everybody hear a broadcast who listens to the topic's channel of that kind."""
        broadcast = {"type": "broadcast", "event": event, "payload": payload}
        for listener in self._listeners:
            channel = listener.channels.get(PREFIX + topic)
            if channel is None or channel.private != private:
                continue
            if channel.seconds_left() <= 0:
                listener.drop(channel, EXPIRED)
                continue
            listener.say(Message(channel.topic, "broadcast", broadcast))

    async def serve(self, socket: WebSocket) -> None:
        """One websocket, from its handshake to its end."""
        listener = self._greet(socket)
        if listener is None:
            await socket.close()  # Before it is accepted: the handshake is answered with 403.
            return
        await socket.accept()
        self._listeners.add(listener)
        tasks = [
            asyncio.create_task(part(socket, listener))
            for part in (self._hear, _speak, _hang_up_when_overrun)
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._listeners.discard(listener)
            for topic in list(listener.channels):
                listener.leave(topic)
            for task in tasks:
                task.cancel()
            ends = await asyncio.gather(*tasks, return_exceptions=True)
            await _tell_of_mistakes(socket, ends)

    def _greet(self, socket: WebSocket) -> Listener | None:
        version = socket.query_params.get("vsn", "1.0.0")
        key = socket.query_params.get("apikey") or socket.headers.get("apikey", "")
        if version not in VERSIONS or key not in self._keys.token_of:
            return None
        return Listener(version, self._signer.verify(self._keys.token_of[key]))

    async def _hear(self, socket: WebSocket, listener: Listener) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                try:
                    frame = await asyncio.wait_for(socket.receive(), self._idle_seconds)
                except TimeoutError:
                    await socket.close(NORMAL_CLOSURE)
                    return
                if frame["type"] == "websocket.disconnect":
                    return
                text = frame.get("text")
                try:
                    message = decode(listener.version, frame["bytes"] if text is None else text)
                except ValueError as error:
                    await socket.close(UNSUPPORTED_DATA, str(error)[:100])
                    return
                await self._answer(listener, message)

    async def _answer(self, listener: Listener, message: Message) -> None:
        channel = listener.channels.get(message.topic)
        match message.event:
            case "heartbeat" if message.topic == "phoenix":
                listener.say(message.reply("ok", {}))
            case "phx_join":
                await self._join(listener, message)
            case "phx_leave" if channel is None:
                # Left already, as far as Phoenix is concerned.
                listener.say(message.reply("ok", {}))
            case _ if channel is None:
                listener.say(message.reply("error", {"reason": "unmatched topic"}))
            case "phx_leave":
                listener.leave(message.topic)
                listener.say(message.reply("ok", {}))
                listener.say(
                    Message(message.topic, "phx_close", {}, channel.join_ref, channel.join_ref)
                )
            case "access_token":
                await self._renew(listener, channel, message)
            case _:
                reason = f"{message.event}: the local gateway serves listeners of broadcasts only"
                listener.say(message.reply("error", {"reason": reason}))

    async def _join(self, listener: Listener, message: Message) -> None:
        config = _object(message.payload.get("config"))
        refusal = _unserved(message.topic, config)
        channel = Channel(
            message.topic, message.join_ref, listener.claims, config.get("private") is True
        )
        if refusal is None:
            refusal = await self._admit(channel, message.payload.get("access_token"))
        if refusal is not None:
            listener.say(message.reply("error", {"reason": refusal}))
            return
        listener.keep(channel)
        listener.say(message.reply("ok", {"postgres_changes": []}))
        subscribed = {"status": "ok", "extension": "system", "message": "Subscribed to broadcast"}
        listener.say(Message(message.topic, "system", subscribed, join_ref=message.join_ref))

    async def _renew(self, listener: Listener, channel: Channel, message: Message) -> None:
        """A new token takes the old one's place, or ends the channel that it may not listen to."""
        refusal = await self._admit(channel, message.payload.get("access_token"))
        if listener.channels.get(channel.topic) is not channel:
            return  # The old token ended while the new one was looked at.
        if refusal is not None:
            listener.drop(channel, refusal)
            return
        listener.keep(channel)

    async def _admit(self, channel: Channel, token: object) -> str | None:
        """Why this token may not listen to the channel; None, and the channel is its own now.

        An API key of the new form is no token: it leaves the channel to whoever it is already.
        """
        claims = channel.claims
        if isinstance(token, str) and not token.startswith("sb_"):
            try:
                claims = self._signer.verify(token)
            except AuthError as error:
                return f"InvalidJWTToken: {error.message}"
        topic = channel.topic.removeprefix(PREFIX)
        if channel.private:
            refusal = await self._ask_policies(claims, topic)
            if refusal is not None:
                return refusal
        channel.claims = claims
        return None

    async def _ask_policies(self, claims: Claims, topic: str) -> str | None:
        """Why these claims may not listen to a private topic; None, and they may."""
        try:
            async with self._database.owner_transaction() as connection:
                if await may_listen(connection, claims, topic):
                    return None
        except psycopg.OperationalError:
            return "UnableToConnectToProject: the project's database does not answer"
        except (psycopg.Error, UnicodeError) as error:
            # A role that is not there, a topic that is no text of PostgreSQL's.
            _log.warning("a channel could not be joined: %s", error)
            return f"Unauthorized: the policies cannot be asked about this Channel topic: {topic}"
        return f"Unauthorized: You do not have permissions to read from this Channel topic: {topic}"


async def may_listen(connection: Connection, claims: Claims, topic: str) -> bool:
    """Whether a role may read a broadcast of this topic in `realtime.messages`.

    One is put there as its policies are asked, and taken away again: so does Realtime.
    """
    async with connection.transaction(force_rollback=True):
        cursor = await connection.execute(
            """
            insert into realtime.messages (topic, extension, event, payload, private)
            values (%(topic)s, 'broadcast', 'policy check', '{}', true)
            returning id
            """,
            {"topic": topic},
        )
        put = await cursor.fetchone()
        await connection.execute(
            """
            select
              set_config('role', %(role)s, true),
              set_config('request.jwt.claims', %(claims)s, true),
              set_config('realtime.topic', %(topic)s, true)
            """,
            {"role": str(claims.get("role")), "claims": json.dumps(claims), "topic": topic},
        )
        cursor = await connection.execute("select id from realtime.messages where id = %(id)s", put)
        return await cursor.fetchone() is not None


def _unserved(topic: str, config: dict[str, Any]) -> str | None:
    """Why a channel like this cannot be joined here, whoever asks."""
    if not topic.startswith(PREFIX) or topic == PREFIX:
        return "unmatched topic"
    if config.get("postgres_changes"):
        return "postgres_changes: not served by the local gateway"
    if _object(config.get("presence")).get("enabled"):
        return "presence: not served by the local gateway"
    return None


def _object(value: object) -> dict[str, Any]:
    """Of what a client sends, the members; nothing has none."""
    return value if isinstance(value, dict) else {}


async def _tell_of_mistakes(socket: WebSocket, ends: list[Any]) -> None:
    """A part of ours that failed is logged, and the client learns that it was not the client."""
    for error in ends:
        if isinstance(error, Exception):
            _log.error("a websocket failed", exc_info=error)
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await socket.close(INTERNAL_ERROR)


async def _speak(socket: WebSocket, listener: Listener) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            message = await listener.outgoing.get()
            await socket.send_text(encode(listener.version, message))


async def _hang_up_when_overrun(socket: WebSocket, listener: Listener) -> None:
    await listener.overrun.wait()
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(TRY_AGAIN_LATER)
