"""Supabase Realtime as the publisher meets it, and what can become of a call to it."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from psycopg.types.json import Jsonb

from functions.jobs import publish_outbox
from local.host.ports import LOOPBACK
from local.host.state import PROJECT
from local.services.backing import Backing
from tests.integration.people import Owner

type Message = dict[str, Any]
"""One message of a broadcast, as it is sent."""

SCRIPT: Final = """
from types import SimpleNamespace
from functions.jobs.publish_outbox import handler

print("up", flush=True)
context = SimpleNamespace(aws_request_id="a run", get_remaining_time_in_millis=lambda: 90_000)
print(handler({}, context)["done"])
"""


@dataclass(frozen=True)
class Answer:
    """What Realtime answers a call, instead of taking it. Without a status it hangs up."""

    status: int | None
    headers: dict[str, str] = field(default_factory=dict)


class Silence:
    """Realtime takes the call, or does not, and never says so."""

    def __init__(self, *, taken: bool) -> None:
        self.taken = taken


type Mood = Callable[[list[Message]], Answer | Silence | None]
"""What becomes of a call with these messages; None: it is taken."""


def fine(_: list[Message]) -> None:
    """Realtime as it is most of the time."""


def down(_: list[Message]) -> Answer:
    """Realtime as it is when it is overwhelmed."""
    return Answer(503)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for what other processes are about to do."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.02)


class Realtime:
    """The gateway's Realtime, behind a door at which a test decides what becomes of a call."""

    def __init__(self, backing: Backing) -> None:
        self.url = ""
        self.mood: Mood = fine
        self.calls: list[list[Message]] = []
        """The messages of every call, whatever became of it."""
        self.over = threading.Event()
        key = backing.secret_key
        self._http = httpx.Client(
            base_url=f"{backing.supabase_url}/realtime/v1",
            headers={"apikey": key, "Authorization": f"Bearer {key}"},
        )

    def heard(self, topic: str) -> list[Message]:
        """What arrived for a topic, oldest first."""
        answer = self._http.get("/_local/broadcasts", params={"topic": topic})
        broadcasts: list[Message] = answer.raise_for_status().json()["broadcasts"]
        return broadcasts

    def numbers(self, topic: str) -> list[int]:
        """The numbers that `Outbox.tell` gave the events that arrived for a topic."""
        return [one["payload"]["number"] for one in self.heard(topic)]

    def take(self, body: bytes, headers: dict[str, str]) -> Answer | None:
        """One call of the publisher; None leaves it without an answer."""
        messages: list[Message] = json.loads(body)["messages"]
        self.calls.append(messages)
        mood = self.mood(messages)
        if isinstance(mood, Answer):
            return mood
        if isinstance(mood, Silence):
            if mood.taken:
                self._pass_on(body, headers)
            self.over.wait()
            return None
        return Answer(self._pass_on(body, headers).status_code)

    def close(self) -> None:
        self.over.set()
        self._http.close()

    def _pass_on(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return self._http.post("/api/broadcast", content=body, headers=headers)


@contextmanager
def serving(backing: Backing) -> Iterator[Realtime]:
    """Realtime and its door, until the context ends."""
    realtime = Realtime(backing)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            passed = {name: self.headers[name] for name in ("apikey", "Authorization")}
            answer = realtime.take(body, {"Content-Type": "application/json", **passed})
            if answer is None or answer.status is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

    server = Server((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    realtime.url = f"http://{LOOPBACK}:{server.server_address[1]}"
    try:
        yield realtime
    finally:
        realtime.close()
        server.shutdown()
        server.server_close()
        thread.join()


class Outbox:
    """The outbox as its owner sees it."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def empty(self) -> None:
        """What other tests have left waiting is as if it had been published."""
        self._owner.execute("delete from public.outbox")
        self._owner.execute("delete from public.outbox_topics")
        self._owner.execute(
            """
            insert into public.viewer_counts_told
              (stream_id, current_viewers, peak_viewers, told_at)
            select stream_id, current_viewers, peak_viewers, '-infinity'::timestamptz
            from public.stream_stats
            where is_live
            on conflict (stream_id) do update
            set current_viewers = excluded.current_viewers,
                peak_viewers = excluded.peak_viewers
            """
        )

    def tell(self, topic: str, count: int = 1, start: int = 1, event: str = "chat") -> None:
        """Writes so many events, each in a transaction of its own, numbered from `start`."""
        for number in range(start, start + count):
            self._owner.execute(
                "select private.tell(%s, %s, %s)", (topic, event, Jsonb({"number": number}))
            )

    def column(self, column: str, topic: str) -> list[Any]:
        """One column of a topic's events, in their order."""
        rows = self._owner.execute(
            f"select {column} from public.outbox where topic = %s order by id",  # noqa: S608
            (topic,),
        )
        return [value for (value,) in rows]

    def waiting(self, topic: str) -> int:
        """How many events of a topic are neither published nor set aside."""
        rows = zip(self.column("published_at", topic), self.column("dead_at", topic), strict=True)
        return sum(published is None and dead is None for published, dead in rows)

    def rest(self, topic: str) -> float | None:
        """For how many seconds more a topic is not to be sent; None: it is free."""
        row = self._owner.execute(
            """
            select extract(epoch from held_until - private.now())::double precision
            from public.outbox_topics
            where topic = %s
            """,
            (topic,),
        ).fetchone()
        return None if row is None else float(row[0])

    def wake(self) -> None:
        """Every rest and every lease is over."""
        self._owner.execute("update public.outbox_topics set held_until = '-infinity'")


class Publisher:
    """Runs the job against a Realtime."""

    def __init__(self, realtime: Realtime) -> None:
        self._environment = {
            "SUPABASE_URL": realtime.url,
            "PUBLISHER_LIFETIME_SECONDS": "0",
            "REALTIME_TIMEOUT_SECONDS": "5",
        }

    @contextmanager
    def told(self, **settings: str) -> Iterator[None]:
        """Its runs are told other settings while the context lasts."""
        usual = self._environment
        self._environment = usual | settings
        yield
        self._environment = usual

    def look(self) -> int:
        """A run that looks once and leaves; how many events it published."""
        context: Any = SimpleNamespace(
            aws_request_id=str(uuid4()), get_remaining_time_in_millis=lambda: 90_000
        )
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self._environment.items():
                patch.setenv(name, value)
            return publish_outbox.handler({}, context)["done"]

    def look_until_idle(self) -> int:
        """Looks until a look finds nothing to publish."""
        published = 0
        while done := self.look():
            published += done
        return published

    @contextmanager
    def running(self, seconds: float = 60, count: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
        """Runs of so many seconds in processes of their own, as in sandboxes; killed at the end."""
        environment = os.environ | self._environment
        environment |= {
            "PUBLISHER_LIFETIME_SECONDS": str(seconds),
            "PUBLISHER_INTERVAL_SECONDS": "0.05",
            "PYTHONPATH": os.pathsep.join(_paths()),
        }
        processes = [_start(environment) for _ in range(count)]
        try:
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "up\n"
            yield processes
        finally:
            for process in processes:
                process.kill()
                process.communicate()


def _start(environment: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
    )


def _paths() -> Sequence[str]:
    return (str(PROJECT / "layers" / "common"), str(PROJECT))
