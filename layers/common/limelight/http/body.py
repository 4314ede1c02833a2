"""Refuses bodies that are too large or not JSON before anything reads them."""

from contextlib import aclosing
from typing import Annotated, Final

from fastapi import Depends
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from limelight.errors import Problem
from limelight.http.problems import problem_response

_JSON: Final = "application/json"


async def _raw_body(request: Request) -> bytes:
    return await request.body()


RawBody = Annotated[bytes, Depends(_raw_body)]
"""The body as it was sent, for a signature over its bytes."""


class GuardBody:
    """ASGI middleware. `limit` is in bytes of the decoded body; a webhook that needs the raw body
    is JSON as well."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        body = await self._read(request)
        if body is None:
            await self._refuse("body_too_large", request)(scope, receive, send)
        elif body and _media_type(request) != _JSON:
            await self._refuse("unsupported_media_type", request)(scope, receive, send)
        else:
            await self._app(scope, _replay(body, receive), send)

    async def _read(self, request: Request) -> bytes | None:
        body = bytearray()
        async with aclosing(request.stream()) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > self._limit:
                    return None
        return bytes(body)

    def _refuse(self, code: str, request: Request) -> JSONResponse:
        request.state.problem = code
        return problem_response(Problem(code), request.state.request_id)


def _media_type(request: Request) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _replay(body: bytes, receive: Receive) -> Receive:
    """The stream again: the body that was read, then whatever comes after it."""
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay
