"""The messages of Phoenix channels, in the two forms that Supabase's clients write them.

`vsn=2.0.0` (supabase-js) is a list, `vsn=1.0.0` (supabase-py) an object with the same members.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

VERSIONS: Final = ("1.0.0", "2.0.0")
NAMES: Final = ("join_ref", "ref", "topic", "event", "payload")
CLIENT_BROADCAST: Final = 3
"""The kind of the binary frames in which supabase-js sends a broadcast of its own."""


class FrameError(ValueError):
    """A frame without a message in it; the reason may be told to whoever sent it."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a channel. `ref` is the sender's; a reply repeats it."""

    topic: str
    event: str
    payload: dict[str, Any]
    ref: str | None = None
    join_ref: str | None = None

    def reply(self, status: str, response: dict[str, Any]) -> "Message":
        """What answers this message."""
        payload = {"status": status, "response": response}
        return Message(self.topic, "phx_reply", payload, self.ref, self.join_ref)


def decode(version: str, frame: str | bytes) -> Message:
    """The message in a frame.

    Raises:
        ValueError: there is none in it; a FrameError says why.
    """
    if isinstance(frame, bytes):
        return _decode_broadcast(frame)
    given = json.loads(frame)
    if version == "2.0.0" and isinstance(given, list) and len(given) == len(NAMES):
        given = dict(zip(NAMES, given, strict=True))
    if not isinstance(given, dict):
        raise FrameError("a message is a list of five, or an object in the first version")
    topic, event, payload = given.get("topic"), given.get("event"), given.get("payload")
    if not isinstance(topic, str) or not isinstance(event, str):
        raise FrameError("a message has a topic and an event")
    return Message(
        topic,
        event,
        payload if isinstance(payload, dict) else {},
        given.get("ref"),
        given.get("join_ref"),
    )


def encode(version: str, message: Message) -> str:
    """The frame of a message."""
    values = [message.join_ref, message.ref, message.topic, message.event, message.payload]
    if version == "2.0.0":
        return json.dumps(values)
    return json.dumps(dict(zip(NAMES, values, strict=True)))


def _decode_broadcast(frame: bytes) -> Message:
    """Whose broadcast it is, without what is in it."""
    if len(frame) < 4 or frame[0] != CLIENT_BROADCAST:
        raise FrameError("a binary frame of an unknown kind")
    # The lengths are three of seven one-byte fields; the texts follow them in this order.
    join_ref, ref, topic = frame[1:4]
    texts = frame[7:].decode(errors="replace")
    return Message(
        texts[join_ref + ref : join_ref + ref + topic],
        "broadcast",
        {},
        texts[join_ref : join_ref + ref] or None,
        texts[:join_ref] or None,
    )
