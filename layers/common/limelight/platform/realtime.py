"""Supabase Realtime's HTTP broadcast: what the listeners of private channels hear.

The publisher of the outbox alone speaks with it, so that no request ever waits for it.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

import httpx

from limelight.platform.secrets import SecretUnavailable, read_secret
from limelight.platform.settings import RealtimeSettings

PATH: Final = "/realtime/v1/api/broadcast"
MAX_RETRY_AFTER_SECONDS: Final = 60.0

_REFUSED: Final = frozenset({400, 413, 422})
"""What Realtime says of an event that it will not take. A 404 says that Realtime is not there."""
_UNAUTHORIZED: Final = frozenset({401, 403})


class EventsRefused(Exception):
    """Realtime will not take these events, now or later. `status` is the answer's."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RealtimeUnavailable(Exception):
    """Realtime did not take the events: try again, after `retry_after` seconds at the earliest.

    The message says what went wrong, in words that may be logged: never values.
    """

    def __init__(self, reason: str, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the outbox: `id` is its place there, `event_id` what listeners know it by."""

    id: int
    event_id: UUID
    name: str
    payload: Mapping[str, Any]


class Realtime:
    """Connections to Realtime for one run of the publisher, and safe for its threads.

    A run's connections are its own: none is left to die in a frozen sandbox.
    """

    def __init__(self) -> None:
        settings = RealtimeSettings()
        self._http = httpx.Client(
            base_url=str(settings.supabase_url), timeout=settings.realtime_timeout_seconds
        )
        self._key = _SecretKey(settings.supabase_secret_id)
        self.seconds_per_call = 4 * settings.realtime_timeout_seconds
        """The longest that `send` takes: to get a connection, to connect, to write, to read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, topic: str, events: Sequence[Event]) -> None:
        """Has the listeners of a topic hear these events, in this order. All or none are taken.

        Raises EventsRefused and RealtimeUnavailable; after the latter, they may have been heard.
        """
        messages = [
            {
                "topic": topic,
                "event": event.name,
                "payload": {**event.payload, "eventId": str(event.event_id)},
                "private": True,
            }
            for event in events
        ]
        key = self._key.read()
        answer = self._post(messages, key)
        if answer.status_code in _UNAUTHORIZED:
            answer = self._post(messages, self._key.read_again(key))
        if answer.status_code in _REFUSED:
            raise EventsRefused(answer.status_code)
        if not answer.is_success:
            raise RealtimeUnavailable(f"status {answer.status_code}", _retry_after(answer))

    def _post(self, messages: list[dict[str, Any]], key: str) -> httpx.Response:
        headers = {"apikey": key, "Authorization": f"Bearer {key}"}
        try:
            return self._http.post(PATH, json={"messages": messages}, headers=headers)
        except httpx.HTTPError as error:
            raise RealtimeUnavailable(type(error).__name__) from error


class _SecretKey:
    """The project's secret key, read when it is first needed, and once more when it is refused."""

    def __init__(self, secret_id: str) -> None:
        self._secret_id = secret_id
        self._turn = threading.Lock()
        self._key = ""
        self._was_renewed = False

    def read(self) -> str:
        with self._turn:
            self._key = self._key or self._fetch(past_cache=False)
            return self._key

    def read_again(self, refused: str) -> str:
        """The key in the place of one that was refused; the store is asked once in a run."""
        with self._turn:
            if self._key == refused and not self._was_renewed:
                self._was_renewed = True
                self._key = self._fetch(past_cache=True)
            return self._key

    def _fetch(self, *, past_cache: bool) -> str:
        try:
            return read_secret(self._secret_id, past_cache=past_cache)["secretKey"]
        except (SecretUnavailable, KeyError) as error:
            raise RealtimeUnavailable("the secret key cannot be read") from error


def _retry_after(answer: httpx.Response) -> float:
    """The seconds that Realtime asks to be left alone; a date or nonsense counts as none."""
    asked = answer.headers.get("Retry-After", "")
    return min(float(asked), MAX_RETRY_AFTER_SECONDS) if asked.isdecimal() else 0.0
