"""Bodies are looked at before anything reads them, in whatever pieces they come."""

import asyncio
import contextlib
import json
from collections.abc import Coroutine, Sequence
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from limelight.http.body import GuardBody

LIMIT = 10


class Reached(Exception):
    """The application was asked."""


def run(work: Coroutine[Any, Any, None]) -> None:
    """Runs `work` on a loop of its own, and leaves the thread's loop alone."""
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        loop.run_until_complete(work)


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body, and what comes after it."""
    body, then = await receive(), await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body["body"], "then": then["type"]})


def ask(
    chunks: Sequence[bytes], content_type: str | None = "application/json", limit: int = LIMIT
) -> tuple[int, bytes, dict[str, Any]]:
    """Sends the chunks; answers status, body and the request's state."""
    sent: list[Message] = []
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks) - 1}
        for number, chunk in enumerate(chunks)
    ]
    headers = [(b"content-type", content_type.encode())] if content_type is not None else []
    scope: Scope = {
        "type": "http", "method": "POST", "path": "/", "headers": headers,
        "state": {"request_id": "a-request"},
    }  # fmt: skip

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    run(GuardBody(_echo, limit)(scope, receive, send))
    body = b"".join(one.get("body", b"") for one in sent)
    return sent[0]["status"], body, scope["state"]


@pytest.mark.parametrize(
    "chunks", [[b"0123456789"], [b"01234", b"56789"], [b"", b"0123456789", b""], [b"0"] * 10]
)
def test_a_body_within_the_limit_arrives_whole(chunks: list[bytes]) -> None:
    status, body, _ = ask(chunks)

    assert (status, body) == (200, b"".join(chunks))


@pytest.mark.parametrize(
    "chunks", [[b"0123456789a"], [b"01234", b"567890"], [b"0"] * 11, [b"0123456789", b"", b"a"]]
)
def test_a_body_past_the_limit_is_refused_however_it_comes(chunks: list[bytes]) -> None:
    status, body, state = ask(chunks)

    assert status == 413
    assert json.loads(body)["code"] == state["problem"] == "body_too_large"
    assert json.loads(body)["instance"] == "a-request"


def test_the_rest_of_a_body_that_is_too_large_is_not_waited_for() -> None:
    status, _, _ = ask([b"0123456789a", *[b"0" * 1000] * 1000])

    assert status == 413


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON", 200),
        ("application/json; charset=utf-8", 200),
        (" application/json ;x=y", 200),
        ("application/jsonp", 415),
        ("text/json", 415),
        ("application/problem+json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
        (None, 415),
    ],
)
def test_a_body_must_be_json(content_type: str | None, status: int) -> None:
    assert ask([b"{}"], content_type)[0] == status


@pytest.mark.parametrize("content_type", ["text/plain", "", None])
def test_nothing_is_of_no_type(content_type: str | None) -> None:
    assert ask([b""], content_type)[:2] == (200, b"")


def test_what_is_no_request_is_passed_on() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise Reached

    async def nothing() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        raise AssertionError

    with pytest.raises(Reached):
        run(GuardBody(app, LIMIT)({"type": "lifespan"}, nothing, send))
